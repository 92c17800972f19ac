// turns — connections that have something to do take turns, source by source, and all of them together get a slice of a turn of
// the loop: in between it looks at what else there is, datagrams above all.

import type { EventLoop } from '../loop/event-loop.ts';
import type { Source } from './connection-sources.ts';

/** All connections together, in a turn of the loop, milliseconds. */
export const SLICE = 2;

/** A connection that may have something to do. */
export interface TurnTaker {
  /** Does a little of it; whether there is more. */
  takeTurn(): boolean;
}

export class Turns {
  /** Those with connections that are ready, in the order of their turns. */
  readonly #sources = new Set<Source<TurnTaker>>();
  readonly #loop: EventLoop;
  readonly #now: () => number;
  readonly #onPanic: (error: unknown) => void;
  #scheduled = false;

  /** @param onPanic is told of exceptions; they cost no other connection its turn */
  constructor(loop: EventLoop, now: () => number, onPanic: (error: unknown) => void) {
    this.#loop = loop;
    this.#now = now;
    this.#onPanic = onPanic;
  }

  /** Harmless when it waits for its turn already. */
  await(source: Source<TurnTaker>, taker: TurnTaker): void {
    source.ready.add(taker);
    this.#sources.add(source);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.later(() => this.#slice());
  }

  /** It has nothing to do any more. */
  leave(source: Source<TurnTaker>, taker: TurnTaker): void {
    source.ready.delete(taker);
    if (source.ready.size === 0) this.#sources.delete(source);
  }

  stop(): void {
    this.#sources.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #slice(): void {
    const end = this.#now() + SLICE;
    this.#scheduled = false;
    for (const source of this.#sources) {
      const [taker] = source.ready;
      this.#sources.delete(source);
      source.ready.delete(taker!);
      // Behind the others; the loop comes to those added, too.
      if (this.#hasMore(taker!)) source.ready.add(taker!);
      if (source.ready.size > 0) this.#sources.add(source);
      if (this.#now() >= end) break;
    }
    if (this.#sources.size === 0) return;
    this.#scheduled = true;
    this.#loop.inNextTurn(() => this.#slice());
  }

  #hasMore(taker: TurnTaker): boolean {
    try {
      return taker.takeTurn();
    } catch (error) {
      this.#onPanic(error);
      return false;
    }
  }
}
