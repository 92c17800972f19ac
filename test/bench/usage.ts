// usage — what processes have cost so far, as the kernel counts it: memory, and how often they were woken.

import { readdirSync, readFileSync } from 'node:fs';

/** Pages of theirs that are in memory: a page that two of them share counts twice. */
export function residentMebibytes(pids: readonly number[]): number {
  return sumOf(pids, (pid) => numberIn(`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m)) / 1024;
}

/** The same, but of a page that n processes share each has an nth part. */
export function proportionalMebibytes(pids: readonly number[]): number {
  return sumOf(pids, (pid) => numberIn(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m)) / 1024;
}

/** How often their threads have slept and were woken: what the kernel calls voluntary context switches. */
export function wakeups(pids: readonly number[]): number {
  return sumOf(pids, (pid) =>
    sumOf(readdirSync(`/proc/${pid}/task`), (thread) =>
      numberIn(`/proc/${pid}/task/${thread}/status`, /^voluntary_ctxt_switches:\s+(\d+)/m),
    ),
  );
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function sumOf<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((sum, one) => sum + of(one), 0);
}

function numberIn(path: string, line: RegExp): number {
  return Number(line.exec(readFileSync(path, 'utf8'))?.[1]);
}
