// coverage — which branches were taken, how often, and whether an input did what none before it did.

/** How often a branch was taken, in steps: 1, 2, 3, 4 … 7, 8 … 15, 16 … 31, 32 … 127, more; a bit each. */
function step(count: number): number {
  if (count < 4) return count === 3 ? 4 : count;
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

export class Coverage {
  readonly counters: Int32Array;
  readonly #seen: Uint8Array;
  /** Branches that were ever taken. */
  branches = 0;
  /** Branches by steps. */
  features = 0;

  constructor(counters: Int32Array) {
    this.counters = counters;
    this.#seen = new Uint8Array(counters.length);
  }

  /** Before an input. */
  clear(): void {
    this.counters.fill(0);
  }

  /** After an input: how many features it was the first to show. */
  gain(): number {
    const { counters } = this;
    const seen = this.#seen;
    let gained = 0;
    for (let i = 0; i < counters.length; i++) {
      const count = counters[i]!;
      if (count === 0) continue;
      const bit = step(count);
      const before = seen[i]!;
      if ((before & bit) !== 0) continue;
      seen[i] = before | bit;
      if (before === 0) this.branches++;
      gained++;
    }
    this.features += gained;
    return gained;
  }
}
