// show-instance — the tables of `twindns status` that tell what each instance does, in the last minute, and where it listens.

import { formatByteSize } from '../options/byte-size.ts';
import { formatDuration } from '../options/duration.ts';
import type { InstanceMinute, InstanceStatus, ListenStatus } from '../status.ts';

export const instanceHead = [
  'SLOT',
  'PID',
  'VERSION',
  'UP',
  'QUERIES/MIN',
  'HITS',
  'SERVFAIL/MIN',
  'OLD/MIN',
  'EVICTED/MIN',
  'IN FLIGHT',
  'TCP',
  'CACHE',
  'ANSWERS + DENIALS',
] as const;

export function instanceRow(status: InstanceStatus): string[] {
  const { lastMinute, cache } = status;
  // An instance of a version before tells none.
  const inMinute = (pick: (minute: InstanceMinute) => number | string) =>
    lastMinute === undefined ? '-' : String(pick(lastMinute));
  return [
    status.slot,
    String(status.pid),
    status.version,
    formatDuration(Math.floor(status.uptimeSeconds) * 1000),
    inMinute(({ queries }) => queries),
    inMinute(hitRatio),
    inMinute(({ servfail }) => servfail),
    inMinute(({ stale }) => stale),
    inMinute(({ evictions }) => evictions),
    String(status.inFlight),
    String(status.tcpConnections),
    `${(cache.bytes / 1024 ** 2).toFixed(1)}MiB of ${formatByteSize(cache.maxBytes)}`,
    `${cache.entries.success} + ${cache.entries.denial}`,
  ];
}

export const listenHead = ['SLOT', 'DROPPED', 'LISTENS'] as const;

export function listenRow({ slot, listen }: InstanceStatus): string[] {
  return [slot, dropsOf(listen), listen.map(({ address }) => address).join(' ')];
}

/** `97.3 %`, or `-` before the first query. */
export function hitRatio({ hits, queries }: { readonly hits: number; readonly queries: number }): string {
  return queries > 0 ? `${((100 * hits) / queries).toFixed(1)} %` : '-';
}

// ---------------------------------------------------------------------------------------------------------------------

/** What the kernel dropped in front of all addresses together, as far as it tells. */
function dropsOf(listen: readonly ListenStatus[]): string {
  const known = listen.flatMap(({ queueDrops }) => queueDrops ?? []);
  return known.length === 0 ? '-' : String(known.reduce((sum, drops) => sum + drops, 0));
}
