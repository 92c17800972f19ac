// event-loop — descriptors and what to do when they are ready; what a turn has produced is flushed at its end.

import { ERROR, Poller, READABLE } from 'node-reuseport';
import { errnoOf } from '../errors.ts';
import { WatchReserve } from './watch-reserve.ts';

/** Something with a descriptor. `flags` are READABLE, WRITABLE, ERROR, HANGUP of node-reuseport. */
export interface Watched {
  ready(flags: number): void;
}

interface Pending {
  readonly fd: number;
  flags: number;
  readonly watched: Watched;
  tries: number;
}

/** What the kernel says when it has no more watches, or descriptors, or memory for one. */
const outOfWatches: ReadonlySet<string> = new Set(['ENOSPC', 'ENOMEM', 'EMFILE', 'ENFILE']);
/** Retries after which what cannot be watched is given up. */
const TRIES = 8;

export class EventLoop {
  readonly #poller: Poller;
  readonly #watched: (Watched | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Free once this turn is over: events of it may still come under them. */
  readonly #freedInTurn: number[] = [];
  readonly #onPanic: (error: unknown) => void;
  readonly #reserve: WatchReserve;
  /** What there was no watch for, by watch id. */
  readonly #pending = new Map<number, Pending>();
  #later: (() => void)[] = [];
  #inTurn = false;

  /**
   * @param onPanic is told of exceptions; they end the work on one descriptor's event, never the process
   * @param reserve how many vital descriptors can be watched though the kernel lets no more be watched
   */
  constructor(onPanic: (error: unknown) => void, reserve = 0) {
    this.#onPanic = onPanic;
    this.#poller = new Poller((count) => this.#turn(count));
    this.#reserve = new WatchReserve(this.#poller, reserve);
  }

  /** So many vital descriptors can be watched from now on though the kernel lets no more be watched. */
  reserve(most: number): void {
    this.#reserve.resize(most);
  }

  /** Returns the watch id the other calls want. @param rank vital: the reserve is for it */
  watch(fd: number, flags: number, watched: Watched, rank: 'any' | 'vital' = 'any'): number {
    return this.#add(watched, (watchId) => {
      const add = () => this.#poller.add(fd, flags, watchId);
      if (rank === 'vital') this.#spending(add);
      else add();
    });
  }

  /** For the few descriptors that are readable in almost every turn; they are vital, and cannot be modified. */
  watchBusy(fd: number, watched: Watched): number {
    return this.#add(watched, (watchId) => {
      try {
        this.#spending(() => this.#poller.addBusy(fd, watchId));
      } catch {
        this.#poller.add(fd, READABLE, watchId); // dearer, but it takes no further descriptor
      }
    });
  }

  /** As `watch`; what the kernel has no watch for is watched later, by `retry`, or told of as an error in the end. */
  watchPatiently(fd: number, flags: number, watched: Watched): number {
    return this.#add(watched, (watchId) => {
      try {
        this.#poller.add(fd, flags, watchId);
      } catch (error) {
        if (!outOfWatches.has(errnoOf(error) ?? '')) throw error;
        this.#pending.set(watchId, { fd, flags, watched, tries: 0 });
      }
    });
  }

  modify(fd: number, flags: number, watchId: number): void {
    const pending = this.#pending.get(watchId);
    if (pending === undefined) this.#poller.modify(fd, flags, watchId);
    else pending.flags = flags;
  }

  /** Before the descriptor is closed. */
  unwatch(fd: number, watchId: number): void {
    if (!this.#pending.delete(watchId)) this.#poller.remove(fd);
    this.#free(watchId);
  }

  /** Whether it wants more watches than it has: `retry` is to be called now and then. */
  get isShort(): boolean {
    return this.#pending.size > 0 || this.#reserve.isShort;
  }

  /** There may be watches again. */
  retry(): void {
    for (const [watchId, pending] of this.#pending) {
      try {
        this.#poller.add(pending.fd, pending.flags, watchId);
        this.#pending.delete(watchId);
      } catch {
        if (++pending.tries >= TRIES) pending.watched.ready(ERROR);
      }
    }
    if (this.#pending.size === 0) this.#reserve.refill();
  }

  /** Runs `task` at the end of this turn; outside of a turn, as soon as the caller is done. */
  later(task: () => void): void {
    if (this.#later.push(task) === 1 && !this.#inTurn) queueMicrotask(() => this.#runLater());
  }

  /** Runs `task` in the next turn, when descriptors have been looked at that nothing was known of in this one. */
  inNextTurn(task: () => void): void {
    setImmediate(() => this.#run(task));
  }

  close(): void {
    this.#reserve.close();
    this.#poller.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Makes a call that needs a watch or a descriptor, of the reserve if need be. */
  #spending(call: () => void): void {
    for (;;) {
      try {
        return call();
      } catch (error) {
        if (!outOfWatches.has(errnoOf(error) ?? '') || !this.#reserve.give()) throw error;
      }
    }
  }

  #add(watched: Watched, tell: (watchId: number) => void): number {
    const watchId = this.#freeIds.pop() ?? this.#watched.length;
    this.#watched[watchId] = watched;
    try {
      tell(watchId);
    } catch (error) {
      this.#free(watchId);
      throw error;
    }
    return watchId;
  }

  #free(watchId: number): void {
    this.#watched[watchId] = undefined;
    (this.#inTurn ? this.#freedInTurn : this.#freeIds).push(watchId);
  }

  #turn(count: number): void {
    const { events } = this.#poller;
    this.#inTurn = true;
    for (let i = 0; i < count; i++) {
      try {
        this.#watched[events[2 * i]!]?.ready(events[2 * i + 1]!);
      } catch (error) {
        this.#onPanic(error);
      }
    }
    this.#runLater();
    this.#inTurn = false;
    if (this.#freedInTurn.length > 0) this.#freeIds.push(...this.#freedInTurn.splice(0));
  }

  #runLater(): void {
    while (this.#later.length > 0) {
      const tasks = this.#later;
      this.#later = [];
      for (const task of tasks) this.#run(task);
    }
  }

  #run(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#onPanic(error);
    }
  }
}
