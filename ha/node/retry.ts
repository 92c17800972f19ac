// retry — what fails for a moment, because another program holds a lock, is tried again for a while.

import { setTimeout as delay } from 'node:timers/promises';
import { NodeError } from './node-part.ts';

/** Milliseconds until the second attempt; doubled each time. */
const FIRST_WAIT = 100;

/** @param patience milliseconds after which no further attempt is made  @throws what the last attempt threw */
export async function patiently<T>(
  patience: number,
  attempt: () => Promise<T>,
  failed: (error: NodeError) => void = () => {},
): Promise<T> {
  const giveUp = performance.now() + patience;
  for (let wait = FIRST_WAIT; ; wait *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      failed(error);
      if (!error.passing || performance.now() + wait > giveUp) throw error;
      await delay(wait);
    }
  }
}
