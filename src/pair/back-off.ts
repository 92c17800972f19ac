// back-off — how long to wait before a child that died is started again.

export const firstDelayMs = 1000;
export const longestDelayMs = 30_000;
/** A child that lived this long was well: its next death counts as the first. */
export const wellAfterMs = 60_000;

/** @param previous the delay before, or 0 if there was none */
export function nextDelay(previous: number, livedMs: number): number {
  if (previous === 0 || livedMs >= wellAfterMs) return firstDelayMs;
  return Math.min(previous * 2, longestDelayMs);
}
