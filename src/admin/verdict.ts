// verdict — the first line of a status: all is well, with numbers, or what is worst.

import type { InstanceStatus } from '../status.ts';
import { type Finding, sinceText } from './finding.ts';

/** Whether no person has to do anything. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ gravity }) => gravity === 'note');
}

/** Without the end of the line. */
export function verdictLine(running: readonly InstanceStatus[], findings: readonly Finding[]): string {
  const [worst, ...others] = findings.filter(({ gravity }) => gravity !== 'note');
  if (worst === undefined) return `OK: ${wellText(running)}`;
  const since = worst.sinceSeconds === null ? '' : `, for ${sinceText(worst.sinceSeconds)}`;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${worst.gravity === 'failing' ? 'FAILING' : 'AT RISK'}: ${worst.what}${since}${more}`;
}

/** Of all instances together. */
export function minuteOf(running: readonly InstanceStatus[]) {
  const minutes = running.flatMap(({ lastMinute }) => lastMinute ?? []);
  const sum = (pick: (minute: (typeof minutes)[number]) => number) =>
    minutes.reduce((total, minute) => total + pick(minute), 0);
  const seconds = Math.max(0, ...minutes.map((minute) => minute.seconds));
  const queries = sum((minute) => minute.queries);
  return {
    ...{ seconds, queries },
    perSecond: seconds > 0 ? queries / seconds : 0,
    hits: sum((minute) => minute.hits),
    servfail: sum((minute) => minute.servfail),
    stale: sum((minute) => minute.stale),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function wellText(running: readonly InstanceStatus[]): string {
  const { queries, seconds, hits } = minuteOf(running);
  const instances =
    running.length > 1 ? `${running.length} instances serve` : `the ${running[0]?.slot} serves`;
  const servers = new Set(
    running.flatMap(({ routes }) =>
      routes.flatMap(({ upstreams }) => upstreams.map(({ endpoint }) => endpoint)),
    ),
  );
  const asked =
    queries === 0
      ? 'no query came'
      : `${queries} queries, ${((100 * hits) / queries).toFixed(1)} % from the cache`;
  return `${instances}; in the last ${Math.round(seconds)} s ${asked}; ${servers.size} upstreams, none fails`;
}
