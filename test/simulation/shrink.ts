// shrink — of a schedule that went wrong, the smallest that still does: without the disasters, queries and disorder it does not need.

import type { Image } from './image.ts';
import { type Outcome, runSchedule, type ScheduleOptions } from './schedule.ts';

/** @returns what is left to be run, and what then happens */
export function shrink(image: Image, from: ScheduleOptions): { options: ScheduleOptions; outcome: Outcome } {
  let options = from;
  let outcome = runSchedule(image, options);
  /** Whether it goes wrong so, too; then that is gone on from. */
  const takes = (smaller: ScheduleOptions): boolean => {
    const tried = runSchedule(image, smaller);
    if (tried.wrong.length === 0) return false;
    options = smaller;
    outcome = tried;
    return true;
  };
  for (const { number } of [...outcome.disasters].reverse())
    takes({ ...options, without: new Set([...(options.without ?? []), number]) });
  takes({ ...options, calm: true });
  for (let step = outcome.queries; step >= 1; step = Math.floor(step / 2))
    while (takes({ ...options, queries: Math.max(0, (options.queries ?? outcome.queries) - step) }));
  return { options, outcome: runSchedule(image, { ...options, tells: true }) };
}
