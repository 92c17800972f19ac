// held-replies — answers the kernel had no room for: kept with their queries, which lie in the arena unanswered, and sent later.
//
// No memory for a packet, a queue of a device that is full: that passes. Meanwhile the queries are any twin's that takes over.

import { type Arena, CELL_LENGTH, CELL_PAYLOAD, REGION_OUTBOX, REPLY_WORDS } from 'node-reuseport';
import type { Bound } from '../budget.ts';
import type { Counters } from '../counters.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import { Deadline, type Deadlines } from '../loop/deadlines.ts';

/** Milliseconds until it is tried again. */
const AGAIN = 10;
/** Milliseconds after which an answer helps its client no more. */
const TOO_LATE = 4000;
/** Milliseconds between two lines in the log. */
const QUIET = 10_000;

interface Held {
  readonly fd: number;
  /** A parked one, ours until it is sent. */
  readonly cell: number;
  readonly bytes: Uint8Array;
  readonly since: number;
}

export interface HeldRepliesContext {
  readonly arena: Arena;
  readonly parking: ParkedCells;
  readonly events: Counters['events'];
  readonly deadlines: Deadlines;
  readonly bound: Bound;
  readonly now: () => number;
  /** Told when it begins, at most once in a while. */
  readonly onHold: () => void;
}

export class HeldReplies {
  readonly #context: HeldRepliesContext;
  readonly #words: Int32Array;
  readonly #deadline = new Deadline({ expired: () => this.#again() });
  /** Sends what is queued now: the outbox has to be empty. */
  flush: () => void = () => {};
  #held: Held[] = [];
  #since: number | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(context: HeldRepliesContext) {
    const { memory } = context.arena;
    this.#context = context;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  }

  get count(): number {
    return this.#held.length;
  }

  /** Since when the kernel has taken no answer at all; undefined when it does. */
  get since(): number | undefined {
    return this.#since;
  }

  /** The kernel takes answers. */
  passed(): void {
    this.#since = undefined;
  }

  /**
   * Keeps an answer to the query in `cell`; whether that cell is kept, too, because it is a parked one: then it is not the
   * caller's any more.
   */
  hold(fd: number, cell: number, bytes: Uint8Array): boolean {
    const { arena, bound, events, now, parking } = this.#context;
    this.#begin();
    const isParked = cell >= arena.ring && cell !== parking.spare;
    const parked = isParked ? cell : bound.admits(bytes.length) ? this.#park(cell) : -1;
    if (parked < 0 || (isParked && !bound.admits(bytes.length))) {
      events.sendErrors++;
      return false;
    }
    bound.take(bytes.length);
    this.#held.push({ fd, cell: parked, bytes, since: now() });
    return isParked;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #begin(): void {
    const { deadlines, now, onHold } = this.#context;
    const at = now();
    this.#since ??= at;
    if (this.#deadline.list === undefined) deadlines.set(this.#deadline, AGAIN);
    if (at - this.#toldAt < QUIET) return;
    this.#toldAt = at;
    onHold();
  }

  #park(cell: number): number {
    const { arena, parking } = this.#context;
    const length = this.#words[((cell * arena.stride) >> 2) + CELL_LENGTH]!;
    return parking.take(cell, Math.min(length, arena.payload));
  }

  #again(): void {
    const { deadlines, now } = this.#context;
    this.flush();
    const due = this.#held;
    this.#held = [];
    let at = 0;
    while (at < due.length) {
      const { fd, since } = due[at]!;
      if (now() - since > TOO_LATE) {
        this.#context.events.sendErrors++;
        this.#done(due[at++]!);
        continue;
      }
      let end = at;
      while (end < due.length && due[end]!.fd === fd) end++;
      const sent = this.#send(fd, due, at, end);
      if (sent === 0) break;
      at += sent;
    }
    this.#held = [...due.slice(at), ...this.#held];
    if (this.#held.length > 0 && this.#deadline.list === undefined) deadlines.set(this.#deadline, AGAIN);
  }

  /** Sends some of them; how many are settled, 0 when there is no room yet. */
  #send(fd: number, due: readonly Held[], from: number, to: number): number {
    const { arena, events } = this.#context;
    const { outbox, replies } = arena;
    let used = 0;
    let count = 0;
    for (let i = from; i < to && count < arena.capacity; i++, count++) {
      const { cell, bytes } = due[i]!;
      if (used + bytes.length > outbox.length) break;
      outbox.set(bytes, used);
      replies.set([cell, REGION_OUTBOX, used, bytes.length], count * REPLY_WORDS);
      used += bytes.length;
    }
    const sent = arena.send(fd, count);
    const settled = sent < 0 ? count + sent : count;
    if (sent >= 0) events.sendErrors += count - sent;
    if (settled > 0) this.passed();
    for (let i = from; i < from + settled; i++) this.#done(due[i]!);
    return settled;
  }

  #done({ cell, bytes }: Held): void {
    this.#context.bound.release(bytes.length);
    this.#context.parking.release(cell);
  }
}

/** What is sent for the query in `cell`: the bytes at `offset`, with its id when they are those of many. */
export function replyBytes(arena: Arena, from: Uint8Array, cell: number, offset: number, length: number) {
  const bytes = new Uint8Array(from.subarray(offset, offset + length)); // a copy
  const at = cell * arena.stride + CELL_PAYLOAD;
  bytes.set(arena.memory.subarray(at, at + 2));
  return bytes;
}
