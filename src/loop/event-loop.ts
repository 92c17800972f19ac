// event-loop — descriptors and what to do when they are ready; whatever one turn produced is flushed at its end.

import { Poller } from 'node-reuseport';

/** Something with a descriptor. `flags` are READABLE, WRITABLE, ERROR, HANGUP of node-reuseport. */
export interface Watched {
  ready(flags: number): void;
}

export class EventLoop {
  readonly #poller: Poller;
  readonly #watched: (Watched | undefined)[] = [];
  readonly #freeTags: number[] = [];
  /** Free once this turn is over: events of it may still come under them. */
  readonly #freedInTurn: number[] = [];
  readonly #onPanic: (error: unknown) => void;
  #later: (() => void)[] = [];
  #inTurn = false;

  /** @param onPanic hears of exceptions; they end the work on one descriptor's event, never the process */
  constructor(onPanic: (error: unknown) => void) {
    this.#onPanic = onPanic;
    this.#poller = new Poller((count) => this.#turn(count));
  }

  /** Returns the tag the other calls want. */
  watch(fd: number, flags: number, watched: Watched): number {
    return this.#add(watched, (tag) => this.#poller.add(fd, flags, tag));
  }

  /** For the few descriptors that are readable in almost every turn; they cannot be modified. */
  watchBusy(fd: number, watched: Watched): number {
    return this.#add(watched, (tag) => this.#poller.addBusy(fd, tag));
  }

  modify(fd: number, flags: number, tag: number): void {
    this.#poller.modify(fd, flags, tag);
  }

  /** Before the descriptor is closed. */
  unwatch(fd: number, tag: number): void {
    this.#poller.remove(fd);
    this.#free(tag);
  }

  /** Runs `task` at the end of this turn; outside of a turn, as soon as the caller is done. */
  later(task: () => void): void {
    if (this.#later.push(task) === 1 && !this.#inTurn) queueMicrotask(() => this.#runLater());
  }

  close(): void {
    this.#poller.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #add(watched: Watched, tell: (tag: number) => void): number {
    const tag = this.#freeTags.pop() ?? this.#watched.length;
    this.#watched[tag] = watched;
    try {
      tell(tag);
    } catch (error) {
      this.#free(tag);
      throw error;
    }
    return tag;
  }

  #free(tag: number): void {
    this.#watched[tag] = undefined;
    (this.#inTurn ? this.#freedInTurn : this.#freeTags).push(tag);
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
    if (this.#freedInTurn.length > 0) this.#freeTags.push(...this.#freedInTurn.splice(0));
  }

  #runLater(): void {
    while (this.#later.length > 0) {
      const tasks = this.#later;
      this.#later = [];
      for (const task of tasks) {
        try {
          task();
        } catch (error) {
          this.#onPanic(error);
        }
      }
    }
  }
}
