// watch-status — `twindns status --watch`: the tables again and again on a terminal, a line each time where there is none.

import { setTimeout as pause } from 'node:timers/promises';
import { jsonOf, type Look, lookAt, refuseNone, render, runningOf } from './show-status.ts';
import type { StatusSource } from './status-sources.ts';
import { minuteOf } from './verdict.ts';

export interface Watching {
  readonly json: boolean;
  readonly isTerminal: boolean;
  readonly print: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends it. */
  readonly until: AbortSignal;
}

/** Milliseconds between two looks. */
const APART = 2000;

/** Whether all was well at the last look. @throws TwindnsError NO_INSTANCE if none of them answers at the first one */
export async function watchStatus(
  sources: readonly StatusSource[],
  { json, isTerminal, print, now, until }: Watching,
  apart = APART,
): Promise<boolean> {
  let look = await lookAt(sources);
  refuseNone(look);
  while (!until.aborted) {
    if (json) print(`${JSON.stringify(jsonOf(look))}\n`);
    else print(isTerminal ? `${FROM_TOP}${timeOf(now())}  ${render(look)}` : `${lineOf(look, now())}\n`);
    await pause(apart, undefined, { signal: until }).catch(() => {});
    if (!until.aborted) look = await lookAt(sources);
  }
  return look.isWell;
}

// ---------------------------------------------------------------------------------------------------------------------

/** To the upper left, and nothing below it. */
const FROM_TOP = '\x1b[H\x1b[2J';

function timeOf(now: number): string {
  return new Date(now).toISOString().slice(11, 19);
}

/** `22:41:07 instances=2 queries/s=412.0 …  OK: …` */
function lineOf({ found, verdict }: Look, now: number): string {
  const running = runningOf(found);
  const { perSecond, queries, hits, servfail, stale } = minuteOf(running);
  const ratio = queries === 0 ? '-' : `${((100 * hits) / queries).toFixed(1)}%`;
  const numbers = `queries/s=${perSecond.toFixed(1)} hits=${ratio} servfail/min=${servfail} old/min=${stale}`;
  return `${timeOf(now)} instances=${running.length} ${numbers}  ${verdict}`;
}
