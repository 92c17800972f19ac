// held-connections — duplicates of another process's TCP connections, so that they can be gone on with when it cannot.

import { close, written } from 'node-reuseport';
import {
  BACKLOGGED,
  BASE,
  CLOSED,
  GENERATION,
  GIVEN,
  RECORD_WORDS,
  RECORDS,
  STATE,
  TOTAL,
} from '../../src/handover/arena-words.ts';
import type { Position } from '../../src/handover/connection-backup.ts';
import type { Layout } from '../../src/handover/layout.ts';

/** Bytes of answers kept for all clients of the other process that do not read; a hostile few could ask for gigabytes. */
const MOST_BACKLOG = 16 << 20;

interface Held {
  readonly fd: number;
  readonly generation: number;
  /** Answers the client had not taken, behind the first `offset` bytes. */
  backlog: Buffer;
  offset: number;
}

/** A connection and where it stands; or, without `position`, a connection that no process can go on with. */
export interface Adoptable {
  readonly record: number;
  readonly fd: number;
  readonly position: Position | undefined;
}

export class HeldConnections {
  readonly #held = new Map<number, Held>();
  #bytes = 0;

  get size(): number {
    return this.#held.size;
  }

  /** Bytes of answers kept. */
  get bytes(): number {
    return this.#bytes;
  }

  hold(record: number, generation: number, fd: number): void {
    if (record < 0 || record >= RECORDS) return close(fd);
    this.#drop(record);
    this.#held.set(record, { fd, generation, backlog: Buffer.alloc(0), offset: 0 });
  }

  /** Keeps answers its client has not taken. */
  keep(record: number, generation: number, offset: number, answers: Uint8Array): void {
    const held = this.#held.get(record);
    if (held?.generation !== generation) return;
    const follows = held.backlog.length > 0 && offset === held.offset + held.backlog.length;
    if (follows) this.#forgetWritten(held);
    const backlog = follows ? Buffer.concat([held.backlog, answers]) : Buffer.from(answers);
    if (this.#bytes - held.backlog.length + backlog.length > MOST_BACKLOG) return;
    this.#bytes += backlog.length - held.backlog.length;
    held.backlog = backlog;
    if (!follows) held.offset = offset;
  }

  /** Lets go of those that were closed, and of answers that were written since; called several times a second. */
  sweep(memory: Uint8Array, layout: Layout): void {
    const words = recordsOf(memory, layout);
    for (const [record, held] of this.#held) {
      const at = record * RECORD_WORDS;
      const age = (Atomics.load(words, at + GENERATION) - held.generation) | 0;
      if (age > 0 || (age === 0 && words[at + STATE] === CLOSED)) this.#drop(record);
      else if (held.backlog.length > 0) this.#forgetWritten(held);
    }
  }

  /** Those its process has let go of because it found its connections taken. */
  given(memory: Uint8Array, layout: Layout): (record: number) => boolean {
    const words = recordsOf(memory, layout);
    return (record) => {
      const at = record * RECORD_WORDS;
      const isGiven = Atomics.load(words, at + STATE) === GIVEN;
      return isGiven && words[at + GENERATION] === this.#held.get(record)?.generation;
    };
  }

  /** Whether an answer on it is half written, and we cannot have the rest. */
  isTorn(memory: Uint8Array, layout: Layout, record: number): boolean {
    const held = this.#held.get(record);
    const so = held === undefined ? -1 : written(held.fd);
    return so >= 0 && positionOf(held!, so, recordsOf(memory, layout), record) === undefined;
  }

  /** Gives up those wanted that are open, for good; their descriptors are the caller's. */
  release(memory: Uint8Array, layout: Layout, wanted: (record: number) => boolean): Adoptable[] {
    const words = recordsOf(memory, layout);
    const adoptables: Adoptable[] = [];
    this.sweep(memory, layout);
    for (const [record, held] of this.#held) {
      if (!wanted(record)) continue;
      const so = written(held.fd);
      this.#bytes -= held.backlog.length;
      this.#held.delete(record);
      if (so < 0) {
        close(held.fd); // its client has ended it
        continue;
      }
      adoptables.push({ record, fd: held.fd, position: positionOf(held, so, words, record) });
    }
    return adoptables;
  }

  close(): void {
    for (const record of [...this.#held.keys()]) this.#drop(record);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #forgetWritten(held: Held): void {
    const done = Math.min(held.backlog.length, Math.max(0, written(held.fd) - held.offset));
    if (done === 0) return;
    held.backlog = Buffer.from(held.backlog.subarray(done)); // a view would keep the memory of all
    held.offset += done;
    this.#bytes -= done;
  }

  #drop(record: number): void {
    const held = this.#held.get(record);
    if (held === undefined) return;
    close(held.fd);
    this.#bytes -= held.backlog.length;
    this.#held.delete(record);
  }
}

/**
 * Where the connection stands: the kernel says how much was written, the record what was meant to be. Undefined when the
 * rest of an answer is missing: the client could make nothing of what came next.
 * @param so bytes written  @param words the records
 */
function positionOf(
  { backlog, generation, offset }: Held,
  so: number,
  words: Int32Array,
  record: number,
): Position | undefined {
  const at = record * RECORD_WORDS;
  // Its server did not get as far as opening a record for it.
  const fresh = ((Atomics.load(words, at + GENERATION) - generation) | 0) < 0;
  if (fresh) return so === 0 ? { written: 0, backlog: undefined } : undefined;
  const position = so | 0;
  const known = offset + backlog.length;
  if (backlog.length > 0 && so >= offset && so <= known) {
    return { written: so, backlog: so < known ? backlog.subarray(so - offset) : undefined };
  }
  if (position === words[at + TOTAL]) return { written: so, backlog: undefined };
  const untouched = position === words[at + BASE] && words[at + STATE] !== BACKLOGGED;
  return untouched ? { written: so, backlog: undefined } : undefined;
}

function recordsOf(memory: Uint8Array, { records }: Layout): Int32Array {
  return new Int32Array(memory.buffer, memory.byteOffset + records, RECORDS * RECORD_WORDS);
}
