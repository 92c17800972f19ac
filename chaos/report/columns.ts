// columns — the course of an outcome in as many steps as a picture can show: buckets are merged, none is left out.

import type { Bucket, Outcome } from './outcome.ts';

/** A bucket, and how long it is. */
export interface Column extends Bucket {
  readonly ms: number;
}

/** How long a step is, the same for all outcomes that are compared: at least the longest of their buckets. */
export function columnLength(outcomes: readonly Outcome[], most: number): number {
  const bucket = Math.max(1, ...outcomes.map(({ bucketMs }) => bucketMs));
  const longest = Math.max(0, ...outcomes.map(lengthOf));
  return bucket * Math.max(1, Math.ceil(longest / bucket / most));
}

export function columns(outcome: Outcome, length: number): Column[] {
  const groups = new Map<number, Bucket[]>();
  const last = Math.max(0, Math.ceil(lengthOf(outcome) / length - 0.5) - 1); // a short rest joins the step before it
  for (const bucket of outcome.timeline) {
    const step = Math.min(Math.floor(bucket.at / length), last);
    const group = groups.get(step);
    if (group === undefined) groups.set(step, [bucket]);
    else group.push(bucket);
  }
  const end = lengthOf(outcome);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([step, group]) => {
      const at = step * length;
      return merged(group, at, step === last ? Math.max(1, end - at) : length);
    });
}

/** Until when queries were sent; waiting for late answers is no part of it. */
export function lengthOf({ timeline, ms, bucketMs }: Outcome): number {
  const end = timeline.reduce((latest, { at }) => Math.max(latest, at + bucketMs), 0);
  return end === 0 || (ms > end - bucketMs && ms < end) ? ms : end;
}

// ---------------------------------------------------------------------------------------------------------------------

function merged(group: readonly Bucket[], at: number, ms: number): Column {
  const total = (figure: (bucket: Bucket) => number) =>
    group.reduce((sum, bucket) => sum + figure(bucket), 0);
  const measured = group.filter(({ worst }) => Number.isFinite(worst));
  return {
    at,
    ms,
    sent: total(({ sent }) => sent),
    answered: total(({ answered }) => answered),
    lost: total(({ lost }) => lost),
    p50: middle(group),
    worst: measured.length === 0 ? Number.NaN : Math.max(...measured.map(({ worst }) => worst)),
  };
}

/** The median of merged buckets is not known any more; the middle one of their medians, by answers, is near it. */
function middle(group: readonly Bucket[]): number {
  const sorted = group.filter(({ p50 }) => Number.isFinite(p50)).sort((a, b) => a.p50 - b.p50);
  const half = sorted.reduce((sum, { answered }) => sum + answered, 0) / 2;
  let passed = 0;
  for (const { answered, p50 } of sorted) {
    passed += answered;
    if (passed >= half) return p50;
  }
  return Number.NaN;
}
