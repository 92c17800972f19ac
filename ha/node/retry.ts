// retry — repeats what fails for a moment, because another program holds a lock, until it succeeds or its time is over.

import { setTimeout as delay } from 'node:timers/promises';
import { NodeError } from './node-part.ts';

/** Before the second attempt; doubled each time, up to the last. */
const FIRST_WAIT_MS = 100;
const LAST_WAIT_MS = 1000;

/** @param limitMs no attempt begins later than this  @throws what the last attempt threw, and how long it was tried */
export async function retry<T>(
  limitMs: number,
  attempt: () => Promise<T>,
  failed: (error: NodeError) => void = () => {},
): Promise<T> {
  const giveUp = performance.now() + limitMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LAST_WAIT_MS)) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      failed(error);
      if (!error.passing) throw error;
      if (performance.now() + wait > giveUp) throw tried(error, limitMs);
      await delay(wait);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function tried({ kind, message, cause }: NodeError, limitMs: number): NodeError {
  const said = message.replace(/ It is tried again\.$/, '');
  return new NodeError(kind, `${said} That went on for ${limitMs / 1000} s.`, { cause, passing: true });
}
