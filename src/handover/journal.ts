// journal — what a process leaves behind for whoever goes on with its work: words in the header of its arena's memory.
//
// Each is written before what it tells of happens, with plain stores: a process can end between any two of them.

import { randomInt } from 'node:crypto';
import { type Arena, HEAD_USER } from 'node-reuseport';

/** Monotonic milliseconds (32 bits) when the process was last seen at work. */
export const BEAT = HEAD_USER;
/** What is being answered right now: 1 + slot, or CONNECTION_IN_HAND + record; 0: nothing. */
export const IN_HAND = HEAD_USER + 1;
/** For a connection: where in its unread bytes the query in hand begins. */
export const IN_HAND_AT = HEAD_USER + 2;
/** The signal of a crash, or EXCEPTION; 0 for a process that was killed from outside, or lives. */
export const CRASHED = HEAD_USER + 3;
/** Parked slots that were ever taken: what lies behind need not be looked at. */
export const PARKED_MOST = HEAD_USER + 4;
/** Under which number this process has its connections; see TAKEN. */
export const EPOCH = HEAD_USER + 5;
/** The epochs of other processes whose connections this one has taken; 0: none. Of three, two may be stopped. */
export const TAKEN = [HEAD_USER + 6, HEAD_USER + 9] as const;
/** 1 + the record of the connection being served at this moment; 0: none. */
export const BUSY = HEAD_USER + 7;
/** 1: once it is stopped it does nothing to connections that were taken then, whatever it was about to do. */
export const FENCED = HEAD_USER + 8;

export const CONNECTION_IN_HAND = 1 << 20;
export const EXCEPTION = 256;

/** SLOT_TAG of a parked query that came by a connection: this plus its record. Below are numbers of listen addresses. */
export const CONNECTION_TAG = 1 << 16;

export class Journal {
  readonly header: Int32Array;
  readonly #arena: Pick<Arena, 'header' | 'markCrashes'>;
  #taken = 0;

  constructor(arena: Pick<Arena, 'header' | 'markCrashes'>) {
    this.#arena = arena;
    this.header = arena.header;
    this.header[EPOCH] = randomInt(1, 2 ** 30); // no other process's
  }

  beat(now: number): void {
    this.header[BEAT] = now | 0;
  }

  /** A datagram or a parked query is about to be answered. */
  takeSlot(slot: number): void {
    this.header[IN_HAND] = slot + 1;
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
    if (!this.hasTaken(epoch)) Atomics.store(this.header, TAKEN[this.#taken++ % TAKEN.length]!, epoch);
  }

  hasTaken(epoch: number): boolean {
    return TAKEN.some((word) => this.header[word] === epoch);
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
