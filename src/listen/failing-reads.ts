// failing-reads — a listening socket on which a call keeps failing: a pause before it is tried again, and since when it fails.
//
// What waits in it is level-triggered: without a pause the loop would do nothing else. The twin reads it meanwhile.

import type { Resting } from '../handover/resting.ts';
import { Deadline, type Deadlines } from '../loop/deadlines.ts';

/** Milliseconds until the next try, unless told. */
const AGAIN = 10;

export class FailingReads {
  /** Since when each call has failed; undefined while they do not. */
  since: number | undefined;
  readonly #deadlines: Deadlines;
  readonly #now: () => number;
  readonly #again: Deadline;
  readonly #resting: Pick<Resting, 'trouble' | 'troubleOver'>;

  /** @param begin reads on; it may throw, and is tried again then */
  constructor(
    {
      deadlines,
      now,
      resting,
    }: {
      readonly deadlines: Deadlines;
      readonly now: () => number;
      readonly resting: Pick<Resting, 'trouble' | 'troubleOver'>;
    },
    begin: () => void,
  ) {
    this.#resting = resting;
    this.#deadlines = deadlines;
    this.#now = now;
    this.#again = new Deadline({
      expired: () => {
        try {
          begin();
        } catch {
          this.#pause(AGAIN);
        }
      },
    });
  }

  /** It is not to be read until `begin` is called. */
  failed(pause = AGAIN): void {
    this.since ??= this.#now();
    this.#resting.trouble(this);
    this.#pause(pause);
  }

  passed(): void {
    if (this.since === undefined) return;
    this.since = undefined;
    this.#resting.troubleOver(this);
  }

  /** It is read no more. */
  stop(): void {
    this.passed();
    this.#deadlines.cancel(this.#again);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pause(pause: number): void {
    if (this.#again.list === undefined) this.#deadlines.set(this.#again, pause);
  }
}
