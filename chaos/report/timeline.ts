// timeline — the course of a load in equal stretches of time, for a picture: what was sent in each and how it fared.

import type { Ledger } from '../load/ledger.ts';
import type { Bucket } from './outcome.ts';

/** More than these are more than a picture has columns. */
const MOST = 600;
const SHORTEST = 50;

/** @param from when the load began, in the clock of the ledgers */
export function timelineOf(
  ledgers: readonly Ledger[],
  from: number,
  ms: number,
): { bucketMs: number; timeline: readonly Bucket[] } {
  const bucketMs = Math.max(SHORTEST, Math.ceil(ms / MOST / SHORTEST) * SHORTEST);
  const delays: number[][] = [];
  const sent: number[] = [];
  for (const ledger of ledgers) {
    ledger.forEach((sentAt, delay) => {
      const i = Math.max(0, Math.floor((sentAt - from) / bucketMs));
      while (sent.length <= i) {
        sent.push(0);
        delays.push([]);
      }
      sent[i]! += 1;
      if (!Number.isNaN(delay)) delays[i]!.push(delay);
    });
  }
  const timeline = sent.map((count, i) => {
    const sorted = delays[i]!.sort((a, b) => a - b);
    return {
      at: i * bucketMs,
      sent: count,
      answered: sorted.length,
      lost: count - sorted.length,
      p50: rounded(sorted[sorted.length >> 1] ?? 0),
      worst: rounded(sorted.at(-1) ?? 0),
    };
  });
  return { bucketMs, timeline };
}

// ---------------------------------------------------------------------------------------------------------------------

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
