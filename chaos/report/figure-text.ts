// figure-text — a measured figure in words, with its limit: `p99 of cached names of others: 3.2 ms, at most 20 ms`.

import type { Figure } from './outcome.ts';

export function figureText({ what, value, unit, most }: Figure): string {
  return `${what}: ${withUnit(value, unit)}, at most ${withUnit(most, unit)}`;
}

// ---------------------------------------------------------------------------------------------------------------------

function withUnit(value: number, unit: Figure['unit']): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : value < 10 ? 2 : 1;
  const text = Number.isFinite(value) ? value.toFixed(digits) : 'without end';
  return unit === '' || !Number.isFinite(value) ? text : `${text} ${unit}`;
}
