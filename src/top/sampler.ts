// sampler — takes some of what comes, so many a second at most, and says how many each of those stands for.

/** Taken in a tick, and its milliseconds: 4,000 a second. */
const MOST = 400;
const TICK = 100;

export class Sampler {
  readonly #now: () => number;
  readonly #random: () => number;
  /** One of so many is taken. */
  #step = 1;
  /** Those that go by until then. By chance: clients ask in patterns. */
  #skip = 0;
  #taken = 0;
  /** What those of this tick stand for. */
  #weight = 0;
  #began: number;

  constructor(now: () => number, random: () => number) {
    this.#now = now;
    this.#random = random;
    this.#began = now();
  }

  /** How many this one stands for; 0: it is not taken. */
  take(): number {
    if (this.#skip-- > 0) return 0;
    const step = this.#step;
    this.#weight += step;
    this.#taken++;
    const lasted = this.#now() - this.#began;
    if (lasted >= TICK) this.#begin(Math.max(1, Math.ceil((this.#weight * TICK) / lasted / MOST)));
    else if (this.#taken >= MOST) this.#begin(step * 2);
    this.#skip = Math.floor(this.#random() * (2 * this.#step - 1)); // the step, on average
    return step;
  }

  #begin(step: number): void {
    this.#step = step;
    this.#taken = 0;
    this.#weight = 0;
    this.#began = this.#now();
  }
}
