// event-loop — descriptors and what to do when they are ready; what a turn has produced is flushed at its end.

import { Poller } from 'node-reuseport';

/** Something with a descriptor. `flags` are READABLE, WRITABLE, ERROR, HANGUP of node-reuseport. */
export interface Watched {
  ready(flags: number): void;
}

export class EventLoop {
  readonly #poller: Poller;
  readonly #watched: (Watched | undefined)[] = [];
  readonly #freeIds: number[] = [];
  /** Free once this turn is over: events of it may still come under them. */
  readonly #freedInTurn: number[] = [];
  readonly #onPanic: (error: unknown) => void;
  #later: (() => void)[] = [];
  #inTurn = false;

  /** @param onPanic is told of exceptions; they end the work on one descriptor's event, never the process */
  constructor(onPanic: (error: unknown) => void) {
    this.#onPanic = onPanic;
    this.#poller = new Poller((count) => this.#turn(count));
  }

  /** Returns the watch id the other calls want. */
  watch(fd: number, flags: number, watched: Watched): number {
    return this.#add(watched, (watchId) => this.#poller.add(fd, flags, watchId));
  }

  /** For the few descriptors that are readable in almost every turn; they cannot be modified. */
  watchBusy(fd: number, watched: Watched): number {
    return this.#add(watched, (watchId) => this.#poller.addBusy(fd, watchId));
  }

  modify(fd: number, flags: number, watchId: number): void {
    this.#poller.modify(fd, flags, watchId);
  }

  /** Before the descriptor is closed. */
  unwatch(fd: number, watchId: number): void {
    this.#poller.remove(fd);
    this.#free(watchId);
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
    this.#poller.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

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
