// retry — repeats what fails for a moment, because another program holds a lock, until it succeeds or its time is over.

import { setTimeout as delay } from 'node:timers/promises';
import { NodeError } from './node-part.ts';

/** Before the second attempt; doubled each time. */
const FIRST_WAIT_MS = 100;

/** @param limitMs no attempt begins later than this  @throws what the last attempt threw */
export async function retry<T>(
  limitMs: number,
  attempt: () => Promise<T>,
  failed: (error: NodeError) => void = () => {},
): Promise<T> {
  const giveUp = performance.now() + limitMs;
  for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
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
