// heavy-hitters — which keys come most often, in memory that does not grow with their number: the space-saving sketch of Metwally,
// Agrawal and El Abbadi (2005).
//
// A key that has no counter takes that of the key which has come least, and goes on from its count. So a count is too high by as
// much at most, and a key that has come more often than one in `capacity` has a counter for certain.

export interface Hitter {
  readonly key: string;
  readonly count: number;
  /** The count is too high by this at most. */
  readonly over: number;
}

interface Counter {
  count: number;
  over: number;
}

export class HeavyHitters {
  /** Of all keys together. */
  total = 0;
  readonly #capacity: number;
  readonly #counters = new Map<string, Counter>();

  /** @param capacity counters */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(key: string, weight = 1): void {
    this.total += weight;
    const known = this.#counters.get(key);
    if (known !== undefined) known.count += weight;
    else this.#counters.set(key, this.#begin(weight));
  }

  /** Those that have come most, in that order. */
  most(count: number): Hitter[] {
    const all = [...this.#counters].map(([key, counter]) => ({
      key,
      count: counter.count,
      over: counter.over,
    }));
    return all.sort((a, b) => b.count - a.count).slice(0, count);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #begin(weight: number): Counter {
    if (this.#counters.size < this.#capacity) return { count: weight, over: 0 };
    let least: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [key, { count }] of this.#counters) {
      if (count >= fewest) continue;
      least = key;
      fewest = count;
    }
    this.#counters.delete(least!);
    return { count: fewest + weight, over: fewest };
  }
}
