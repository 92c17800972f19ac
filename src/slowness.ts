// slowness — how much longer this process takes than on a free processor: by its share, or its limit, it waits for one.

import { readFileSync } from 'node:fs';

/** Of the main thread: nanoseconds it ran, nanoseconds it waited for a processor, turns. */
const FILE = '/proc/thread-self/schedstat';

/** How many times longer it has taken so far; 1 where that is not known. @param text what the kernel tells */
export function ownSlowness(text = () => readFileSync(FILE, 'latin1')): number {
  try {
    const [ran = 0, waited = 0] = text().split(' ').map(Number);
    return ran > 0 ? (ran + waited) / ran : 1;
  } catch {
    return 1;
  }
}
