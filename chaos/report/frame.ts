// frame — what the pictures of one scenario share: size, scales and the length of a step, so that the eye may compare them.

import { type Column, columnLength, columns, lengthOf } from './columns.ts';
import type { Outcome } from './outcome.ts';
import { linear, logarithmic, type Scale } from './scale.ts';

/** In units of the drawing; pixels on a wide screen. */
export const place = {
  width: 360,
  height: 292,
  left: 46,
  right: 352,
  ticks: [4, 14],
  rate: [108, 34],
  lost: [160, 132],
  latency: [268, 186],
  time: 282,
} as const;

const mostColumns = 150; // two pixels each

export interface Frame {
  readonly columnMs: number;
  readonly time: Scale;
  /** Queries a second. */
  readonly rate: Scale;
  /** Queries lost in one step. */
  readonly lost: Scale;
  readonly latency: Scale;
}

export function frameOf(outcomes: readonly Outcome[]): Frame {
  const columnMs = columnLength(outcomes, mostColumns);
  const all = outcomes.flatMap((outcome) => columns(outcome, columnMs));
  const longest = Math.max(1, ...outcomes.map(lengthOf));
  return {
    columnMs,
    time: timeScale(longest),
    rate: linear(highest(all.map(rateOf)), place.rate, 2, 'round'),
    lost: linear(highest(all.map(({ lost }) => lost)), place.lost, 1, 'exact'),
    latency: logarithmic(
      all.flatMap(({ p50, worst }) => [p50, worst]),
      place.latency,
    ),
  };
}

export const minute = 60_000;

/** What a moment of a run that long is told in. */
export function timeUnit(longest: number): number {
  return longest > 5 * minute ? minute : 1000;
}

export function rateOf({ sent, ms }: Column): number {
  return (sent / ms) * 1000;
}

/** Of a run that takes `longest` milliseconds. */
export function timeScale(longest: number): Scale {
  const unit = timeUnit(longest);
  const { at, ticks, max } = linear(longest / unit, [place.left, place.right], 6, 'exact');
  // Whole ones alone, or two would have one label.
  const whole = ticks.map(Math.round).filter((tick, i) => Math.abs(tick - ticks[i]!) < 1e-9);
  return { at: (ms) => at(ms / unit), ticks: whole.map((tick) => tick * unit), max: max * unit };
}

// ---------------------------------------------------------------------------------------------------------------------

function highest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
