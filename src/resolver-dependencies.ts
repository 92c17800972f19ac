// resolver-dependencies — what the surroundings of a resolver may bring along: a plan, limits, a clock.

import type { Budget } from './budget.ts';
import type { SetAlarm } from './loop/alarm.ts';
import type { Plan } from './plan/plan.ts';

/** What is left out is as usual. */
export interface ResolverDependencies {
  /** What is served; left out: what the flags say. */
  readonly plan?: Plan;
  /** What clients may make it hold, where that is not as usual. */
  readonly budget?: Budget;
  /** Told once, when the first entry had to make room for another. */
  readonly onCacheFull?: () => void;
  /** Milliseconds of a clock that never steps, and how to be told when it has gone on. */
  readonly now?: () => number;
  readonly ringIn?: SetAlarm;
  /** Seconds since 1970. */
  readonly wallSeconds?: () => number;
}
