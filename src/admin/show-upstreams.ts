// show-upstreams — the table of `twindns status` that tells how each upstream fares, in the last minute.

import type { InstanceStatus, UpstreamStatus } from '../status.ts';
import { sinceText } from './finding.ts';

export const upstreamHead = [
  'SLOT',
  'UPSTREAM',
  'STATE',
  'SINCE',
  'ASKED/MIN',
  'FAILED/MIN',
  'MEDIAN',
  'P99',
  'ANSWERED',
  'FOR',
] as const;

export function upstreamRows(status: InstanceStatus): string[][] {
  const servers = upstreamsOf(status).map(({ upstream, zones }) => [
    status.slot,
    `${upstream.endpoint}/${upstream.transport}`,
    stateText(upstream),
    upstream.sinceSeconds === undefined ? '-' : sinceText(upstream.sinceSeconds),
    String(upstream.lastMinute?.asked ?? '-'),
    failedText(upstream),
    msText(upstream.lastMinute?.medianMs),
    msText(upstream.lastMinute?.p99Ms),
    agoText(upstream.lastAnswerSeconds),
    zones.join(' '),
  ]);
  const without = status.routes.filter(
    ({ isForwarded, upstreams }) => isForwarded !== false && upstreams.length === 0,
  );
  return [
    ...servers,
    ...without.map(({ zone }) => [status.slot, 'none', 'DOWN', '-', '-', '-', '-', '-', '-', zone]),
  ];
}

// ---------------------------------------------------------------------------------------------------------------------

/** In capitals where something is wrong. An instance of a version before has no states. */
function stateText({ state, healthy }: UpstreamStatus): string {
  if (state === undefined) return healthy ? 'up' : 'DOWN';
  return state === 'up' || state === 'unasked' ? state : state.toUpperCase();
}

/** `12 (10 timeout, 2 refused)` */
function failedText({ lastMinute }: UpstreamStatus): string {
  if (lastMinute === undefined) return '-';
  const reasons = Object.entries(lastMinute.failed);
  const all = reasons.reduce((sum, [, count]) => sum + count, 0);
  return all === 0 ? '0' : `${all} (${reasons.map(([reason, count]) => `${count} ${reason}`).join(', ')})`;
}

function msText(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '-' : `${ms.toFixed(1)} ms`;
}

function agoText(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? '-' : `${sinceText(seconds)} ago`;
}

/** Each once: a server of several zones counts for all of them together. */
function upstreamsOf({ routes }: InstanceStatus): { upstream: UpstreamStatus; zones: string[] }[] {
  const found = new Map<string, { upstream: UpstreamStatus; zones: string[] }>();
  for (const { zone, upstreams } of routes) {
    for (const upstream of upstreams) {
      const key = `${upstream.endpoint}/${upstream.transport}`;
      const known = found.get(key);
      if (known) known.zones.push(zone);
      else found.set(key, { upstream, zones: [zone] });
    }
  }
  return [...found.values()];
}
