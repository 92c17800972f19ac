// scale — from a value to a place in a picture, and the values that deserve a label.

export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly max: number;
}

/** From 0 to `max`; with `round` up to the first label that is not below it. */
export function linear(
  max: number,
  [from, to]: readonly [number, number],
  labels: number,
  end: 'round' | 'exact',
): Scale {
  const step = niceStep(max / labels);
  const last = max > 0 ? (end === 'round' ? Math.ceil(max / step - 1e-9) * step : max) : step;
  const ticks = Array.from({ length: Math.floor(last / step + 1e-9) + 1 }, (_, i) => i * step);
  return { at: (value) => from + (value / last) * (to - from), ticks, max: last };
}

/** Whole decades that hold every value; a label each. Values below are drawn at the lower end. */
export function logarithmic(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const seen = values.filter((value) => Number.isFinite(value) && value > 0);
  const low = Math.floor(Math.log10(seen.reduce((a, b) => Math.min(a, b), 1)) + 1e-9);
  const high = Math.ceil(Math.log10(seen.reduce((a, b) => Math.max(a, b), 10 ** (low + 1))) - 1e-9);
  const at = (value: number) => {
    const share = (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low);
    return from + share * (to - from);
  };
  return { at, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)), max: 10 ** high };
}

// ---------------------------------------------------------------------------------------------------------------------

/** The next of 1, 2, 5, 10, 20 … */
function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(least));
  return decade * [1, 2, 5, 10].find((factor) => factor * decade >= least * (1 - 1e-9))!;
}
