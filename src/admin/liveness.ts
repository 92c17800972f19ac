// liveness — whether the event loop turns: a tick each second, and how late it was.
//
// A loop that is stuck cannot say so; that it was stuck until just now is seen in the lateness of its last tick, and a caller
// that gets no answer within its own time limit has its answer too.

/** CoreDNS measures a request to its own health endpoint each second; our measure of the same is the tick's lateness. */
export const livenessBounds: readonly number[] = [0.00025, 0.0025, 0.025, 0.25, 2.5];

export const tickMs = 1000;
export const tooLateMs = 5000;

export class Liveness {
  /** Ticks by bucket of `livenessBounds`, one more for the rest. */
  readonly durations = new Float64Array(livenessBounds.length + 1);
  durationSum = 0;
  failures = 0;
  #expected: number;
  #lateness = 0;

  /** @param now a clock that never goes back, in milliseconds */
  constructor(now: number) {
    this.#expected = now + tickMs;
  }

  tick(now: number): void {
    const lateness = Math.max(0, now - this.#expected);
    this.#lateness = lateness;
    this.#expected = now + tickMs;
    const bucket = livenessBounds.findIndex((bound) => lateness / 1000 <= bound);
    this.durations[bucket < 0 ? livenessBounds.length : bucket]!++;
    this.durationSum += lateness / 1000;
    if (lateness > tooLateMs) this.failures++;
  }

  /** How late the last tick was, or how late the next one is already. */
  latenessAt(now: number): number {
    return Math.max(this.#lateness, now - this.#expected);
  }

  isAlive(now: number): boolean {
    return this.latenessAt(now) <= tooLateMs;
  }
}
