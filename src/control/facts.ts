// facts — what an instance knows of itself and its surroundings beyond its status, at one moment.

import { durationBounds } from '../counters.ts';
import type { Resolver } from '../resolver.ts';
import { type CgroupFacts, ownCgroup } from './cgroup.ts';
import { readText } from './read-text.ts';

export interface Facts {
  /** Milliseconds of the clock that all processes of the machine share. */
  readonly at: number;
  /** Seconds since 1970, as this process has them. */
  readonly wallSeconds: number;
  /** Processor time of the process, seconds. */
  readonly cpuSeconds: number;
  readonly cgroup: CgroupFacts;
  /** Entries of connection tracking, and how many there can be; null where there is none. */
  readonly conntrack: { readonly count: number; readonly max: number } | null;
  /** Answers since the start by how long they took, from the read of the query: those within each bound, and the rest. */
  readonly durations: readonly number[];
  /** Upper bounds of those but the last, seconds. */
  readonly bounds: readonly number[];
}

export function readFacts({ counters, now }: Pick<Resolver['inside'], 'counters' | 'now'>): Facts {
  const durations = new Array<number>(durationBounds.length + 1).fill(0);
  for (const zone of counters.clientZones) {
    for (const [i, count] of zone.durations.entries()) durations[i]! += count;
  }
  const { user, system } = process.cpuUsage();
  return {
    at: now(),
    wallSeconds: Math.floor(Date.now() / 1000),
    cpuSeconds: (user + system) / 1e6,
    cgroup: ownCgroup(),
    conntrack: readConntrack(),
    durations,
    bounds: durationBounds,
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of the network that this process is in. */
const conntrack = '/proc/sys/net/netfilter/nf_conntrack';

function readConntrack(): Facts['conntrack'] {
  const [count, max] = [`${conntrack}_count`, `${conntrack}_max`].map((path) =>
    Number.parseInt(readText(path) ?? '', 10),
  );
  return Number.isFinite(count) && Number.isFinite(max) ? { count: count!, max: max! } : null;
}
