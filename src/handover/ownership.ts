// ownership — whether our connections are ours: a process that thinks us stuck takes all those it was told of at once.
//
// A connection is served between `enter` and `leave`: whoever takes the others then leaves us that one, unless we are stopped.
// Every call that a client could notice is fenced, so that even who is stopped right before it makes it in vain.

import { ESTALE, Fence } from 'node-reuseport';
import { BUSY, EPOCH, FENCED, TAKEN } from './arena-words.ts';
import type { Protection } from './connection-backup.ts';
import type { Journal } from './journal.ts';

/** Processes that are asked whether they have taken our connections: who holds them, and those who did before. */
const HOLDERS = 3;

/** What is done with connections when they are taken. */
export interface Owner {
  /** Lets go of all that the taker was told of. */
  relinquish(taker: Protection): void;
  /** Whether nobody else can have the connection of that record. */
  isUntold(record: number): boolean;
}

export class Ownership {
  readonly #header: Int32Array;
  readonly #fence: Fence;
  readonly #owner: Owner;
  readonly #holders: Protection[] = [];
  #protection: Protection | undefined;
  #protections = 0;

  /** @param arenaFd of the arena whose header the journal is */
  constructor(arenaFd: number, journal: Journal, owner: Owner) {
    this.#header = journal.header;
    this.#fence = new Fence(arenaFd, EPOCH);
    this.#owner = owner;
    this.#header[FENCED] = this.#fence.isExact ? 1 : 0;
  }

  /** Who holds our connections. */
  get protection(): Protection | undefined {
    return this.#protection;
  }

  protect(protection: Protection): void {
    const place = this.#protections++ % HOLDERS;
    this.#holders[place] = protection;
    for (const [i, word] of TAKEN.entries())
      this.#fence.watch(place * TAKEN.length + i, protection.memory, word);
    this.#protection = protection;
  }

  /** Before a connection is served; false when it is ours no longer: nothing is done to it then. */
  enter(record: number): boolean {
    if (this.#protection === undefined) return true;
    for (;;) {
      Atomics.store(this.#header, BUSY, record + 1);
      const taker = this.#taker();
      if (taker === undefined) return true;
      if (!this.#letGo(taker, record)) return false;
    }
  }

  leave(): void {
    if (this.#protection !== undefined) Atomics.store(this.#header, BUSY, 0);
  }

  /** Whether our connections have been taken; they are let go of then. */
  lost(): boolean {
    const taker = this.#taker();
    if (taker !== undefined) this.#letGo(taker, -1);
    return taker !== undefined;
  }

  /** This and the next three are as in node-reuseport; or -ESTALE, when the connection has been taken and is let go of. */
  write(record: number, fd: number, bytes: Uint8Array, offset: number, length: number): number {
    let result: number;
    do result = this.#fence.write(fd, bytes, offset, length);
    while (result === -ESTALE && this.#isKept(record));
    return result;
  }

  discard(record: number, fd: number, length: number): number {
    let result: number;
    do result = this.#fence.discard(fd, length);
    while (result === -ESTALE && this.#isKept(record));
    return result;
  }

  wakeAt(record: number, fd: number, bytes: number): number {
    let result: number;
    do result = this.#fence.wakeAt(fd, bytes);
    while (result === -ESTALE && this.#isKept(record));
    return result;
  }

  shutdown(record: number, fd: number): number {
    let result: number;
    do result = this.#fence.shutdown(fd, 2);
    while (result === -ESTALE && this.#isKept(record));
    return result;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #taker(): Protection | undefined {
    for (const holder of this.#holders) if (holder.taken()) return holder;
    return undefined;
  }

  /** Whether a connection that was found taken right before a call is ours all the same. */
  #isKept(record: number): boolean {
    return this.#letGo(this.#taker() ?? this.#protection!, record) && this.enter(record);
  }

  /** False when the connection of that record is among those let go of: one that nobody else can have is served on. */
  #letGo(taker: Protection, record: number): boolean {
    Atomics.store(this.#header, BUSY, 0);
    this.#owner.relinquish(taker);
    Atomics.store(this.#header, EPOCH, this.#header[EPOCH]! + 1);
    return record < 0 || this.#owner.isUntold(record);
  }
}
