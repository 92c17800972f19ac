// last-minute — what came of what was sent to a server, in the last minute: counts and times, in slices of ten seconds.
//
// Times are kept in buckets of a quarter of an octave, so a quantile is right to 10 %, and a minute takes the memory it takes.

import { type FailureReason, failureReasons, type LastMinute } from '../status.ts';

/** Milliseconds. */
const SLICE = 10_000;
const SLICES = 6;
/** From 0.1 ms to 26 s; the first and the last hold what is beyond. */
const BUCKETS = 72;
const SHORTEST = 0.1;
const PER_OCTAVE = 4;

interface Slice {
  /** In slices since the beginning of the clock. */
  at: number;
  asked: number;
  /** Questions without an answer in time of which the answer came later. */
  late: number;
  readonly failed: Uint32Array;
  readonly took: Uint32Array;
}

export class Minute {
  readonly #slices: readonly Slice[] = Array.from({ length: SLICES }, () => ({
    at: Number.NEGATIVE_INFINITY,
    asked: 0,
    late: 0,
    failed: new Uint32Array(failureReasons.length),
    took: new Uint32Array(BUCKETS),
  }));

  sent(now: number): void {
    this.#slice(now).asked++;
  }

  failed(now: number, reason: FailureReason): void {
    this.#slice(now).failed[failureReasons.indexOf(reason)]! += 1;
  }

  /** An answer came after so many milliseconds. @param isLate it had been given up as lost */
  answered(now: number, ms: number, isLate = false): void {
    const slice = this.#slice(now);
    slice.took[bucketOf(ms)]! += 1;
    if (isLate) slice.late++;
  }

  status(now: number): LastMinute {
    const recent = this.#recent(now, SLICES);
    const took = sumOf(recent.map((slice) => slice.took));
    return {
      asked: recent.reduce((sum, { asked }) => sum + asked, 0),
      failed: Object.fromEntries(this.failures(now).filter(([, count]) => count > 0)),
      medianMs: quantile(took, 0.5) ?? null,
      p99Ms: quantile(took, 0.99) ?? null,
    };
  }

  /** By reason. */
  failures(now: number): readonly (readonly [FailureReason, number])[] {
    const failed = sumOf(this.#recent(now, SLICES).map((slice) => slice.failed));
    return failureReasons.map((reason, i) => [reason, failed[i]!]);
  }

  /** How many of those that timed out were answered later. */
  lateAnswers(now: number): number {
    return this.#recent(now, SLICES).reduce((sum, { late }) => sum + late, 0);
  }

  /** Of the last 10 to 20 s: what half of the answers took, at least, and how many there were. */
  recentMedian(now: number): { readonly ms: number; readonly answers: number } {
    const took = sumOf(this.#recent(now, 2).map((slice) => slice.took));
    return { ms: quantile(took, 0.5) ?? 0, answers: took.reduce((sum, count) => sum + count, 0) };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #slice(now: number): Slice {
    const at = Math.floor(now / SLICE);
    const slice = this.#slices[at % SLICES]!;
    if (slice.at === at) return slice;
    slice.at = at;
    slice.asked = slice.late = 0;
    slice.failed.fill(0);
    slice.took.fill(0);
    return slice;
  }

  #recent(now: number, slices: number): readonly Slice[] {
    const after = Math.floor(now / SLICE) - slices;
    return this.#slices.filter(({ at }) => at > after);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function bucketOf(ms: number): number {
  const octaves = Math.log2(Math.max(ms, SHORTEST) / SHORTEST);
  return Math.min(Math.floor(octaves * PER_OCTAVE), BUCKETS - 1);
}

function sumOf(counts: readonly Uint32Array[]): Uint32Array {
  const sum = new Uint32Array(counts[0]?.length ?? BUCKETS);
  for (const one of counts) for (const [i, count] of one.entries()) sum[i]! += count;
  return sum;
}

/** Milliseconds, the middle of the bucket; undefined where nothing was counted. */
function quantile(took: Uint32Array, part: number): number | undefined {
  const all = took.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(all * part);
  for (const [bucket, count] of took.entries()) {
    left -= count;
    if (count > 0 && left <= 0) return Math.round(100 * SHORTEST * 2 ** ((bucket + 0.5) / PER_OCTAVE)) / 100;
  }
  return undefined;
}
