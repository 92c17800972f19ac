// metrics — what was counted, under the names and labels CoreDNS uses, so that its dashboards and alerts go on working.
//
// `server` is always the first listen address, e.g. `dns://169.254.20.10:53`: one instance is one server however many
// addresses it has. `view` is empty. What CoreDNS has no name for begins with `twindns_` (own-metrics.ts).

import type { Registry as RegistryType } from 'prom-client';
import Registry from 'prom-client/lib/registry.js';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import type { ZoneCounters } from '../counters.ts';
import {
  aclOutcomes,
  cacheKinds,
  countedTypes,
  durationBounds,
  families,
  protocols,
  rcodeNames,
  requestIndex,
} from '../counters.ts';
import { version } from '../version.ts';
import type { Distribution, Labels, Report } from './copied-metrics.ts';
import { copyCounter, copyGauge, copyHistogram, exposedBy } from './copied-metrics.ts';
import { registerCustodyMetrics } from './custody-metrics.ts';
import { exposition } from './exposition.ts';
import type { Liveness } from './liveness.ts';
import { livenessBounds } from './liveness.ts';
import { registerNodeMetrics } from './node-metrics.ts';
import { registerOwnMetrics } from './own-metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import type { Source } from './source.ts';

export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

export function createMetrics(server: Endpoint, source: Source, liveness: Liveness): Metrics {
  const name = `dns://${formatEndpoint(server)}`;
  const registry = new Registry();
  let status = source.status();
  const snapshot: Source = { ...source, status: () => status };
  registerHealth(registry, snapshot, liveness);
  registerRequests(registry, name, snapshot);
  registerGuards(registry, name, snapshot);
  registerCache(registry, name, snapshot);
  registerPlugins(registry, name, snapshot);
  registerUpstreams(registry, snapshot);
  registerOwnMetrics(registry, snapshot);
  registerCustodyMetrics(registry, snapshot);
  registerNodeMetrics(registry, snapshot);
  registerProcessMetrics(registry, snapshot, liveness);
  const exposed = exposedBy(registry);
  function render(): Promise<string> {
    status = source.status();
    return exposition(exposed);
  }
  return { contentType: registry.contentType, render };
}

// ---------------------------------------------------------------------------------------------------------------------

function registerHealth(registry: RegistryType, { counters }: Source, liveness: Liveness): void {
  copyGauge(
    registry,
    {
      name: 'coredns_build_info',
      help: 'Constant 1; version is that of twindns, goversion that of Node.js.',
      labelNames: ['version', 'revision', 'goversion'],
    },
    (report) => report({ version, revision: '', goversion: process.version }, 1),
  );
  const total = (name: string, help: string, read: () => number) =>
    copyCounter(registry, { name, help }, (report) => report({}, read()));
  total(
    'coredns_panics_total',
    'Exceptions on the query path that were contained.',
    () => counters.events.panics,
  );
  total(
    'coredns_forward_healthcheck_broken_total',
    'Queries sent although every upstream of the route was marked down.',
    () => counters.events.healthcheckBroken,
  );
  total(
    'coredns_forward_max_concurrent_rejects_total',
    'Queries refused because too many were being asked upstream.',
    () => counters.events.maxConcurrentRejects,
  );
  total(
    'coredns_reload_failed_total',
    'Times that a Corefile was refused when it was read again.',
    () => counters.events.reloadsFailed,
  );
  total(
    'coredns_health_request_failures_total',
    'Ticks of the event loop that were more than 5 s late.',
    () => liveness.failures,
  );
  copyHistogram(
    registry,
    {
      name: 'coredns_health_request_duration_seconds',
      help: 'Lateness of a tick of the event loop each second.',
    },
    livenessBounds,
    () => [{ labels: {}, buckets: liveness.durations, sum: liveness.durationSum }],
  );
}

/** As in CoreDNS a zone has no line before the first query that is counted there. */
function registerGuards(registry: RegistryType, server: string, { counters }: Source): void {
  for (const [i, outcome] of aclOutcomes.entries())
    copyCounter(
      registry,
      {
        name: `coredns_acl_${outcome}_requests_total`,
        help: `Queries that an acl has ${outcome}.`,
        labelNames: ['server', 'zone', 'view'],
      },
      (report) => {
        for (const { zone, acl } of counters.clientZones)
          if (acl[i]! > 0) report({ server, zone, view: '' }, acl[i]!);
      },
    );
  copyCounter(
    registry,
    {
      name: 'coredns_local_localhost_requests_total',
      help: 'Queries for localhost with more in front of it or behind it.',
    },
    (report) => report({}, counters.events.localhostQueries),
  );
}

function registerRequests(registry: RegistryType, server: string, { counters }: Source): void {
  const labelNames = ['server', 'zone', 'view'];
  const eachZone =
    (read: (zone: ZoneCounters, labels: Labels, report: Report) => void) => (report: Report) => {
      for (const zone of counters.clientZones) read(zone, { server, zone: zone.zone, view: '' }, report);
    };
  copyCounter(
    registry,
    {
      name: 'coredns_dns_requests_total',
      help: 'Queries received; family 1 is IPv4, 2 is IPv6.',
      labelNames: [...labelNames, 'proto', 'family', 'type'],
    },
    eachZone(({ requests }, labels, report) => {
      for (const [p, proto] of protocols.entries()) {
        for (const [f, family] of families.entries()) {
          for (const [t, type] of countedTypes.entries()) {
            report({ ...labels, proto, family, type }, requests[requestIndex(p, f, t)]!);
          }
        }
      }
    }),
  );
  copyCounter(
    registry,
    {
      name: 'coredns_dns_responses_total',
      help: 'Answers sent; plugin is always empty.',
      labelNames: [...labelNames, 'rcode', 'plugin'],
      zeros: true,
    },
    eachZone(({ responses }, labels, report) => {
      for (const [i, rcode] of rcodeNames.entries())
        if (i < USUAL_RCODES || responses[i]! > 0) report({ ...labels, rcode, plugin: '' }, responses[i]!);
    }),
  );
  copyCounter(
    registry,
    { name: 'coredns_dns_do_requests_total', help: 'Queries with the DO bit set.', labelNames, zeros: true },
    eachZone(({ doRequests }, labels, report) => report(labels, doRequests[0]!)),
  );
  copyHistogram(
    registry,
    {
      name: 'coredns_dns_request_duration_seconds',
      help: 'Time from query to answer, from its reading on.',
      labelNames,
      zeros: true,
    },
    durationBounds,
    () =>
      counters.clientZones.map(({ zone, durations, durationSum }) => ({
        labels: { server, zone, view: '' },
        buckets: durations,
        sum: durationSum[0]!,
      })),
  );
}

function registerCache(registry: RegistryType, server: string, source: Source): void {
  const zoneNames = ['server', 'zones', 'view'];
  const perZone = (name: string, help: string, read: (zone: ZoneCounters) => number) =>
    copyCounter(
      registry,
      { name: `coredns_cache_${name}_total`, help, labelNames: zoneNames, zeros: true },
      (report) => {
        for (const zone of source.counters.namedZones)
          report({ server, zones: zone.zone, view: '' }, read(zone));
      },
    );
  const perKind = (name: string, help: string, read: (zone: ZoneCounters) => Float64Array) =>
    copyCounter(
      registry,
      { name: `coredns_cache_${name}_total`, help, labelNames: [...zoneNames, 'type'], zeros: true },
      (report) => {
        for (const zone of source.counters.namedZones) {
          for (const [i, type] of cacheKinds.entries()) {
            report({ server, zones: zone.zone, view: '', type }, read(zone)[i]!);
          }
        }
      },
    );
  perKind(
    'hits',
    'Questions answered from the cache; failures that are kept are none.',
    (zone) => zone.cacheHits,
  );
  perKind('evictions', 'Answers removed to make room.', (zone) => zone.cacheEvictions);
  perZone('misses', 'Questions that were not in the cache.', (zone) => zone.cacheMisses[0]!);
  perZone('requests', 'Questions looked up in the cache.', ({ cacheHits, cacheMisses }) =>
    cacheHits.reduce((sum, hits) => sum + hits, cacheMisses[0]!),
  );
  perZone('prefetch', 'Answers renewed before they expired.', (zone) => zone.prefetches[0]!);
  perZone(
    'served_stale',
    'Expired answers given since no upstream answered.',
    (zone) => zone.servedStale[0]!,
  );
  copyGauge(
    registry,
    {
      name: 'coredns_cache_entries',
      help: 'Answers in the cache, which all zones share.',
      labelNames: [...zoneNames, 'type'],
    },
    (report) => {
      const { entries } = source.status().cache;
      for (const type of cacheKinds) report({ server, zones: '.', view: '', type }, entries[type]);
    },
  );
}

/** What a Corefile has, and which one it is. */
function registerPlugins(registry: RegistryType, server: string, source: Source): void {
  copyGauge(
    registry,
    {
      name: 'coredns_plugin_enabled',
      help: 'Constant 1 for each plugin of a zone that has to do with answers.',
      labelNames: ['server', 'zone', 'view', 'name'],
    },
    (report) => {
      const told = new Set<string>(); // zones of one name may differ in who asks
      for (const { zone, plugins } of source.status().routes)
        for (const name of plugins) {
          if (told.has(`${zone} ${name}`)) continue;
          told.add(`${zone} ${name}`);
          report({ server, zone, view: '', name }, 1);
        }
    },
  );
  copyCounter(
    registry,
    {
      name: 'coredns_cache_drops_total',
      help: 'Replies that were not kept because they were to no question of ours.',
      labelNames: ['server', 'zones', 'view'],
      zeros: true,
    },
    (report) => {
      const drops = source.servers().reduce((sum, { mismatches }) => sum + mismatches, 0);
      report({ server, zones: '.', view: '' }, drops);
    },
  );
}

function registerUpstreams(registry: RegistryType, source: Source): void {
  const labelsOf = (to: string): Labels => ({ proxy_name: 'forward', to });
  copyHistogram(
    registry,
    {
      name: 'coredns_proxy_request_duration_seconds',
      help: 'Time an upstream took to answer, also where that was too late.',
      labelNames: ['proxy_name', 'to', 'rcode'],
      zeros: true,
    },
    durationBounds,
    () => upstreamDurations(source, labelsOf),
  );
  copyCounter(
    registry,
    {
      name: 'coredns_proxy_healthcheck_failures_total',
      help: 'Failed health checks of an upstream.',
      labelNames: ['proxy_name', 'to'],
      zeros: true,
    },
    (report) => {
      const failures = (of: UpstreamCounters) => of.healthcheckFailures;
      for (const { endpoint, value } of sums(source, failures)) report(labelsOf(endpoint), value);
    },
  );
  const connections = (name: string, help: string, read: (of: UpstreamCounters) => number) =>
    copyCounter(
      registry,
      {
        name: `coredns_proxy_conn_cache_${name}_total`,
        help,
        labelNames: ['proxy_name', 'to', 'proto'],
        zeros: true,
      },
      (report) => {
        for (const { endpoint, proto, value } of sums(source, read, protoOf))
          report({ ...labelsOf(endpoint), proto }, value);
      },
    );
  connections('hits', 'Queries sent over a connection that was open.', (of) => of.connectionsReused);
  connections('misses', 'Queries for which a connection was opened.', (of) => of.connectionsOpened);
}

type UpstreamCounters = ReturnType<Source['upstreamCounters']>[number];

/** A server that forwards ask in several manners is one here. */
function sums(
  source: Source,
  read: (of: UpstreamCounters) => number,
  protoOf: (of: UpstreamCounters) => string = () => '',
): Iterable<{ readonly endpoint: string; readonly proto: string; value: number }> {
  const found = new Map<string, { endpoint: string; proto: string; value: number }>();
  for (const upstream of source.upstreamCounters()) {
    const { endpoint } = upstream;
    const proto = protoOf(upstream);
    const into = found.get(`${endpoint} ${proto}`) ?? { endpoint, proto, value: 0 };
    into.value += read(upstream);
    found.set(`${endpoint} ${proto}`, into);
  }
  return found.values();
}

/** RCODEs that are shown from the beginning: those of RFC 1035 section 4.1.1. */
const USUAL_RCODES = 6;
/** NOERROR of a server is shown from the beginning. */
const noAnswers = new Map([[0, new Float64Array(durationBounds.length + 1)]]);

/** In CoreDNS's words. */
function protoOf({ transport }: UpstreamCounters): string {
  return transport === 'tls' ? 'tcp-tls' : transport;
}

/** CoreDNS does not tell transports apart here, so both of an upstream are added. */
function upstreamDurations(source: Source, labelsOf: (to: string) => Labels): Iterable<Distribution> {
  const sums = new Map<string, { labels: Labels; buckets: Float64Array; sum: number }>();
  for (const { endpoint, durations, durationSums } of source.upstreamCounters()) {
    for (const [code, counted] of [...noAnswers, ...durations]) {
      const rcode = rcodeNames[code] ?? `RCODE${code}`;
      const key = `${endpoint} ${rcode}`;
      const into = sums.get(key) ?? {
        labels: { ...labelsOf(endpoint), rcode },
        buckets: new Float64Array(counted.length),
        sum: 0,
      };
      for (const [i, value] of counted.entries()) into.buckets[i]! += value;
      into.sum += durationSums.get(code) ?? 0;
      sums.set(key, into);
    }
  }
  return sums.values();
}
