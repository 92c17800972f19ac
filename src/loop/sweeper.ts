// sweeper — looks now and then at what has time limits, or wants to be looked after: often while there is much of it, and seldom
// otherwise.

import { type SetAlarm, setRealAlarm } from './alarm.ts';

/** How soon there is to be another sweep: a connection is open, say; or something is kept for a while; or nothing is. */
export type Pace = 'soon' | 'later' | 'seldom';

/** Milliseconds to the next sweep. */
export const PACES: Readonly<Record<Pace, number>> = { soon: 250, later: 1000, seldom: 2500 };

export class Sweeper {
  readonly #sweep: () => Pace | undefined;
  readonly #ringIn: SetAlarm;
  #pace: Pace | undefined;
  #cancel: () => void = () => {};
  #stopped = false;

  /** @param sweep returns when it is to be called again; undefined: when it is woken */
  constructor(sweep: () => Pace | undefined, ringIn: SetAlarm = setRealAlarm) {
    this.#sweep = sweep;
    this.#ringIn = ringIn;
  }

  /** There may be more to look at than was. */
  wake(): void {
    if (this.#pace !== 'soon') this.#sweepIn('soon');
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #sweepIn(pace: Pace | undefined): void {
    if (this.#stopped) return;
    this.#cancel();
    this.#pace = pace;
    if (pace !== undefined) this.#cancel = this.#ringIn(() => this.#sweepIn(this.#sweep()), PACES[pace]);
  }
}

/** The soonest of them. */
export function soonest(paces: readonly Pace[]): Pace {
  return paces.includes('soon') ? 'soon' : paces.includes('later') ? 'later' : 'seldom';
}
