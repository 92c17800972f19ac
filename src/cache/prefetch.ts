// prefetch — from when on an answer that is in use is asked for again, before it runs out; and by which of two instances.
//
//   stored                     the last `share` of the TTL
//     ├────────────────────────┬───────────────────┬─────────┤ expires
//                              │ its asker         │ either  │
//
// Both instances keep an answer until the same moment, and both are asked for it: the one that has asked for it renews it, the one
// that was told it does so only in the last quarter of that time. So it is asked for once, and not less often when its asker is
// gone, or has no client that wants it. Nothing needs to be known of the other instance for that.

import type { CachePlan } from '../plan/cache-plan.ts';
import type { Entry } from './entry.ts';

type Prefetch = NonNullable<CachePlan['prefetch']>;

/** What part of that time both have. */
export const OTHERS = 1 / 4;

/** When it is asked for again at the next hit, monotonic milliseconds; never before it runs out where the plan knows no prefetch. */
export function renewedFrom(entry: Entry, prefetch: Prefetch | undefined): number {
  if (prefetch === undefined) return entry.expires;
  return Math.max(entry.expires - window(entry, prefetch), Math.min(entry.retryAfter, entry.expires));
}

/** Leaves it to the other instance, from which it came, for as long as that has time for it. */
export function leaveToAsker(entry: Entry, prefetch: Prefetch | undefined): void {
  if (prefetch !== undefined) entry.retryAfter = entry.expires - window(entry, prefetch) * OTHERS;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds before the end of its life. */
function window({ ttl }: Entry, { share }: Prefetch): number {
  return ttl * 1000 * share;
}
