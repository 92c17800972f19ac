// resolver-status — what a resolver says of itself at this moment, in plain JSON.

import type { Budget } from './budget.ts';
import type { Cache } from './cache/cache.ts';
import { type Config, formatEndpoint } from './config.ts';
import { type Counters, hitsOf, type ZoneCounters } from './counters.ts';
import type { ConnectionTable } from './listen/connection-table.ts';
import type { Listeners } from './listen/listeners.ts';
import type { ResolverStatus } from './status.ts';
import type { Flights } from './upstream/flights.ts';
import { version } from './version.ts';
import type { Zone } from './zone/zone.ts';

interface ResolverParts {
  readonly config: Pick<Config, 'slot' | 'cacheBytes'>;
  readonly listeners: Pick<Listeners, 'own'>;
  readonly counters: Counters;
  readonly budget: Budget;
  readonly cache: Cache;
  readonly flights: Pick<Flights, 'size'>;
  readonly connections: Pick<ConnectionTable, 'count'>;
  /** By their indices. */
  readonly zones: readonly (Zone | undefined)[];
  /** Monotonic milliseconds, as when it started. */
  readonly now: number;
  readonly started: number;
}

export function resolverStatus({ config, counters, cache, now, ...parts }: ResolverParts): ResolverStatus {
  const sum = (pick: (zone: ZoneCounters) => Float64Array) =>
    counters.clientZones.reduce((total, zone) => pick(zone).reduce((a, b) => a + b, total), 0);
  return {
    slot: config.slot,
    pid: process.pid,
    version,
    uptimeSeconds: Math.floor((now - parts.started) / 1000),
    listen: parts.listeners.own.udp.flatMap(({ address, port, receiveBuffer }) => [
      { address: `${formatEndpoint({ address, port })}/udp`, receiveBuffer },
      { address: `${formatEndpoint({ address, port })}/tcp`, receiveBuffer: 0 },
    ]),
    queries: sum((zone) => zone.requests),
    answers: sum((zone) => zone.responses),
    hits: counters.clientZones.reduce((hits, zone) => hits + hitsOf(zone), 0),
    inFlight: parts.flights.size,
    tcpConnections: parts.connections.count,
    budget: parts.budget.bounds.map((bound) => ({ ...bound })),
    cache: {
      bytes: cache.bytes,
      maxBytes: config.cacheBytes,
      parts: cache.parts,
      entries: cache.entries.counts,
    },
    routes: parts.zones.flatMap((zone) => zone?.status(now) ?? []),
  };
}
