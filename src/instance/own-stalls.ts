// own-stalls — the stalls of this process, by what the kernel tells of its thread and of its control group. A process that is short of
// time reads two small files for each.

import { cpuStatOf } from '../control/cgroup.ts';
import { readText } from '../control/read-text.ts';
import { Stalls } from '../loop/stalls.ts';

/** Of the main thread: nanoseconds it ran, nanoseconds it waited for a processor, turns. */
const SCHEDSTAT = '/proc/thread-self/schedstat';

export function ownStalls(): Stalls {
  /** Found when it is needed first. */
  let cpuStat: ReturnType<typeof cpuStatOf> | undefined;
  const cpuMs = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  return new Stalls(cpuMs, () => {
    cpuStat ??= cpuStatOf(readText);
    const waited = Number(readText(SCHEDSTAT)?.split(' ')[1]);
    return {
      waited: Number.isFinite(waited) ? waited / 1e6 : undefined,
      throttled: cpuStat(),
    };
  });
}
