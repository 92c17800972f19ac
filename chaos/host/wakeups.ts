// wakeups — how often a process has woken up, and how much of a processor it has used, as the kernel counts all its threads.

import { readdirSync, readFileSync } from 'node:fs';

export interface Activity {
  /** Times that a thread of it has waited for something and gone on. */
  readonly wakeups: number;
  /** Processor time, milliseconds. */
  readonly cpuMs: number;
}

/** Since it began; threads that have ended are left out. @throws when there is no such process */
export function activityOf(pid: number): Activity {
  let wakeups = 0;
  let cpuMs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    try {
      wakeups += Number(
        /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readFileSync(`${folder}/status`, 'utf8'))![1],
      );
      cpuMs += Number.parseInt(readFileSync(`${folder}/schedstat`, 'utf8'), 10) / 1e6;
    } catch {
      // It has just ended.
    }
  }
  return { wakeups, cpuMs };
}
