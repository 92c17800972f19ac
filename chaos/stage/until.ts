// until — waits for something that processes do of their own accord, and tells how long it took.

import { setTimeout as pause } from 'node:timers/promises';

const LOOK = 10;

/** Milliseconds until it held; undefined when it did not within `atMost`. An error means that it does not hold yet. */
export async function until(holds: () => Promise<boolean>, atMost: number): Promise<number | undefined> {
  const started = performance.now();
  while (performance.now() < started + atMost) {
    if (await holds().catch(() => false)) return performance.now() - started;
    await pause(LOOK);
  }
  return undefined;
}
