// nothing — what an instance that does nothing tells of stalls and of its cache.

import { Stalls } from '../../src/loop/stalls.ts';

export const noStalls = new Stalls(
  () => 0,
  () => ({ throttled: undefined, waited: undefined }),
);

const none = { bytes: 0, maxBytes: 0 };
/** Of a cache without room. */
export const noParts = { ready: none, answers: none, denials: none, index: none };
