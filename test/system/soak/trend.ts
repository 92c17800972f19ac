// trend — does a series of samples grow? A line through its second half says how much it grew there.

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  readonly value: number;
}

export interface Trend {
  readonly mean: number;
  /** Of the line, over the time of the second half. */
  readonly growth: number;
  readonly flat: boolean;
}

/**
 * The first half is warming up: caches fill, code is compiled, the heap finds its size. In the second half the line's
 * growth must stay below what is allowed; a line, because single samples of RSS go up and down by megabytes.
 */
export function trendOf(samples: readonly Sample[], allowedGrowth: number): Trend {
  const half = samples.slice(Math.floor(samples.length / 2));
  if (half.length < 3) throw new RangeError(`${samples.length} samples say nothing: at least 6 are needed`);
  const mean = average(half.map(({ value }) => value));
  const middle = average(half.map(({ at }) => at));
  const covariance = average(half.map(({ at, value }) => (at - middle) * (value - mean)));
  const variance = average(half.map(({ at }) => (at - middle) ** 2));
  const growth = (covariance / variance) * (half.at(-1)!.at - half[0]!.at);
  return { mean, growth, flat: growth <= allowedGrowth };
}

// ---------------------------------------------------------------------------------------------------------------------

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
