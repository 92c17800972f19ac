// slices — work that may be long, done a piece at a time: in between the loop turns, and looks at what clients sent.

import type { EventLoop } from './event-loop.ts';

/** How long one piece of work of this kind may take, milliseconds. */
export const SLICE = 2;
/** Steps between two looks at the clock. */
const STEPS = 8;

/** Does one step; false when there was nothing left to do. */
export type Step = () => boolean;

export class Slices {
  readonly #loop: Pick<EventLoop, 'inNextTurn'>;
  readonly #now: () => number;
  readonly #onPanic: (error: unknown) => void;
  #work: Step[] = [];
  /** How many of them are done: an array is not moved up for each. */
  #done = 0;
  #scheduled = false;
  /** Pieces that begin before this moment share what is left of one. */
  #until = 0;
  #left = SLICE;

  /** @param onPanic is told of exceptions; they cost no other step its turn */
  constructor(loop: Pick<EventLoop, 'inNextTurn'>, now: () => number, onPanic: (error: unknown) => void) {
    this.#loop = loop;
    this.#now = now;
    this.#onPanic = onPanic;
  }

  /** Begins at once, unless there is other work under way, or has been enough of it just now. */
  start(step: Step): void {
    this.#work.push(step);
    if (this.#scheduled) return;
    const now = this.#now();
    if (now >= this.#until) this.#open(now);
    if (this.#left > 0) this.#slice(now);
    else this.#schedule();
  }

  /** Begins in the next turn of the loop. */
  startLater(step: Step): void {
    this.#work.push(step);
    this.#schedule();
  }

  /** What has not been done never will be. */
  stop(): void {
    this.#work = [];
    this.#done = 0;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #open(now: number): void {
    this.#until = now + 2 * SLICE;
    this.#left = SLICE;
  }

  #slice(started: number): void {
    const end = started + this.#left;
    let now = started;
    for (let steps = 1; this.#done < this.#work.length && now < end; steps++) {
      if (!this.#do(this.#work[this.#done]!)) this.#done++;
      if (steps % STEPS === 0 || this.#done === this.#work.length) now = this.#now();
    }
    this.#left -= now - started;
    if (this.#done * 2 >= this.#work.length) {
      this.#work = this.#work.slice(this.#done);
      this.#done = 0;
    }
    if (this.#work.length > 0) this.#schedule();
  }

  #do(step: Step): boolean {
    try {
      return step();
    } catch (error) {
      this.#onPanic(error);
      return true;
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#loop.inNextTurn(() => {
      this.#scheduled = false;
      const now = this.#now();
      this.#open(now);
      this.#slice(now);
    });
  }
}
