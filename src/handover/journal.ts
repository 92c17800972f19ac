// journal — what a process leaves behind for its twin to go on: words in the header of its arena (see arena-words).
//
// Each is written before what it tells of happens, with plain stores: a process can end between any two of them.

import { randomInt } from 'node:crypto';
import type { Arena } from 'node-reuseport';
import {
  BATCH,
  BEAT,
  CONNECTION_IN_HAND,
  CRASHED,
  EPOCH,
  EXCEPTION,
  IN_HAND,
  IN_HAND_AT,
  RESTING,
  TAKEN,
} from './arena-words.ts';

export class Journal {
  readonly header: Int32Array;
  readonly #arena: Pick<Arena, 'header' | 'markCrashes'>;
  /** Rests so far: no two that a twin could take for one have the same number. */
  #rests = 0;

  constructor(arena: Pick<Arena, 'header' | 'markCrashes'>) {
    this.#arena = arena;
    this.header = arena.header;
    this.header[EPOCH] = randomInt(1, 2 ** 30); // no other process's
  }

  beat(now: number): void {
    this.header[BEAT] = now | 0;
  }

  /** Something is about to be taken out of a queue. */
  work(now: number): void {
    if (this.header[RESTING] === 0) return;
    this.beat(now);
    Atomics.store(this.header, RESTING, 0);
  }

  /** Nothing is in hand. */
  rest(now: number): void {
    if (this.header[RESTING] !== 0) return;
    this.beat(now);
    this.#rests = (this.#rests + 1) | 0 || 1;
    Atomics.store(this.header, RESTING, this.#rests);
  }

  /** The ring is about to be received into. */
  beginBatch(): void {
    this.header[BATCH]!++;
  }

  /** Something was read from a socket of ours; nothing is said of a socket without a word. @param word see readsWord */
  countRead(word: number): void {
    if (word >= 0) this.header[word]!++;
  }

  /** A datagram or a parked query is about to be answered. */
  takeCell(cell: number): void {
    this.header[IN_HAND] = cell + 1;
  }

  /** The query at `at` of the unread bytes of a connection is about to be answered. */
  takeFrame(record: number, at: number): void {
    this.header[IN_HAND_AT] = at;
    this.header[IN_HAND] = CONNECTION_IN_HAND + record;
  }

  handsFree(): void {
    this.header[IN_HAND] = 0;
  }

  /** The connections of the process whose epoch this is are ours from now on. */
  take(epoch: number): void {
    Atomics.store(this.header, TAKEN, epoch);
  }

  hasTaken(epoch: number): boolean {
    return this.header[TAKEN] === epoch;
  }

  /** From now on a fatal signal tells of itself. Once a process. */
  tellCrashes(): void {
    this.#arena.markCrashes(CRASHED);
  }

  /** This process ends because of what it was doing. */
  crash(): void {
    this.header[CRASHED] = EXCEPTION;
  }
}
