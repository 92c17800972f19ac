// own-delay — how late this process itself is: the time between two of its looks, as it is met at any instant of late. A process
// that is kept from running, or has more to do than it can, has no time left over for a twin that fares no worse.

import { ownStalls } from '../../src/instance/own-stalls.ts';
import { BEAT_EVERY, DELAY_KEPT, REDIAL } from '../timing.ts';

/** A stretch of time, and the squares of the times between its looks. */
interface Stretch {
  time: number;
  squares: number;
}

export class OwnDelay {
  /** The long ones, by what kept it. */
  readonly stalls = ownStalls();
  #lookedAt: number | undefined;
  #now: Stretch = { time: 0, squares: 0 };
  #before: Stretch = { time: 0, squares: 0 };

  /** It looks no more for now: until the next look it is not late. */
  rest(): void {
    this.#lookedAt = undefined;
    this.stalls.rest(REDIAL.secondary);
  }

  /** Called with each look. @param now monotonic milliseconds  @returns milliseconds: each between counts by its length */
  look(now: number): number {
    this.stalls.beat(now, BEAT_EVERY);
    const between = now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    this.#now.time += between;
    this.#now.squares += between * between;
    const delay =
      (this.#now.squares + this.#before.squares) / Math.max(1, this.#now.time + this.#before.time);
    if (this.#now.time >= DELAY_KEPT) {
      this.#before = this.#now;
      this.#now = { time: 0, squares: 0 };
    }
    return delay;
  }
}
