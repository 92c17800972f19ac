// clock — real time plus whatever the test skipped.
//
// It keeps running, so that waits in flight behave; a test jumps only over the lives of cached answers.

import { performance } from 'node:perf_hooks';

export class LabClock {
  #skipped = 0;

  /** Monotonic milliseconds. */
  readonly now = (): number => performance.now() + this.#skipped;

  skip(seconds: number): void {
    this.#skipped += 1000 * seconds;
  }
}
