// ownership — whether our connections are ours: a twin that finds us stuck takes all those it was told of at once.
//
// A connection is served between `enter` and `leave`: a taker leaves us that one, unless we are stopped. Every system call
// that a client could notice is fenced: made by a process that was frozen just before, it fails with ESTALE.

import { ESTALE, Fence } from 'node-reuseport';
import { BUSY, EPOCH, FENCED, TAKEN } from './arena-words.ts';
import type { ConnectionBackup } from './connection-backup.ts';
import type { Journal } from './journal.ts';

/** What is done with connections when they are taken. */
export interface Owner {
  /** Lets go of all that the taker was told of. */
  relinquish(taker: ConnectionBackup): void;
  /** Whether no other process can have the connection of that record. */
  isUntold(record: number): boolean;
}

export class Ownership {
  readonly #header: Int32Array;
  readonly #fence: Fence;
  readonly #owner: Owner;
  #backup: ConnectionBackup | undefined;

  /** @param arenaFd of the arena whose header the journal is */
  constructor(arenaFd: number, journal: Journal, owner: Owner) {
    this.#header = journal.header;
    this.#fence = new Fence(arenaFd, EPOCH);
    this.#owner = owner;
    this.#header[FENCED] = this.#fence.isExact ? 1 : 0;
  }

  /** The process that holds our connections, too, or did last. */
  get backup(): ConnectionBackup | undefined {
    return this.#backup;
  }

  /** Another one as soon as our connections were found taken. */
  get epoch(): number {
    return this.#header[EPOCH]!;
  }

  /** The backup before is dead, or this is the same process by a new channel: what it took shows in the words of this one. */
  backUp(backup: ConnectionBackup): void {
    this.#fence.watch(0, backup.memory, TAKEN);
    this.#backup = backup;
  }

  /** Before a connection is served; false when it is ours no longer: nothing is done to it then. */
  enter(record: number): boolean {
    const backup = this.#backup;
    if (backup === undefined) return true;
    for (;;) {
      Atomics.store(this.#header, BUSY, record + 1);
      if (!backup.taken()) return true;
      if (!this.#letGo(backup, record)) return false;
    }
  }

  leave(): void {
    if (this.#backup !== undefined) Atomics.store(this.#header, BUSY, 0);
  }

  /** Whether our connections have been taken; they are let go of then. */
  lost(): boolean {
    const backup = this.#backup;
    if (backup === undefined || !backup.taken()) return false;
    this.#letGo(backup, -1);
    return true;
  }

  /** This and the next four are as in node-reuseport; or -ESTALE, when the connection has been taken and is let go of. */
  write(record: number, fd: number, bytes: Uint8Array, offset: number, length: number): number {
    let result = this.#fence.write(fd, bytes, offset, length);
    while (result === -ESTALE && this.#isKept(record)) result = this.#fence.write(fd, bytes, offset, length);
    return result;
  }

  discard(record: number, fd: number, length: number): number {
    let result = this.#fence.discard(fd, length);
    while (result === -ESTALE && this.#isKept(record)) result = this.#fence.discard(fd, length);
    return result;
  }

  wakeAt(record: number, fd: number, bytes: number): number {
    let result = this.#fence.wakeAt(fd, bytes);
    while (result === -ESTALE && this.#isKept(record)) result = this.#fence.wakeAt(fd, bytes);
    return result;
  }

  reset(record: number, fd: number): number {
    let result = this.#fence.reset(fd);
    while (result === -ESTALE && this.#isKept(record)) result = this.#fence.reset(fd);
    return result;
  }

  shutdown(record: number, fd: number): number {
    let result = this.#fence.shutdown(fd, 2);
    while (result === -ESTALE && this.#isKept(record)) result = this.#fence.shutdown(fd, 2);
    return result;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Whether a connection that was found taken right before a call is ours all the same: the call is made again then. */
  #isKept(record: number): boolean {
    return this.#letGo(this.#backup!, record) && this.enter(record);
  }

  /** False when the connection of that record is among those let go of: a connection that no other process can have is served on. */
  #letGo(taker: ConnectionBackup, record: number): boolean {
    Atomics.store(this.#header, BUSY, 0);
    this.#owner.relinquish(taker);
    Atomics.store(this.#header, EPOCH, this.#header[EPOCH]! + 1);
    return record < 0 || this.#owner.isUntold(record);
  }
}
