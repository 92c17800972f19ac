// cache-plan — that of a zone under test: answers are kept for so many seconds at most, and failures for five.

import type { CachePlan } from '../../src/plan/cache-plan.ts';

/** Seconds. */
export function cacheUpTo(success: number, denial = success): CachePlan {
  return {
    zones: [],
    success: { least: 0, most: success },
    denial: { least: 0, most: denial },
    failure: 5000,
    disabled: { success: [], denial: [] },
    prefetch: undefined,
    stale: undefined,
    keepTtl: false,
  };
}
