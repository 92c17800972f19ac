// own-metrics — what CoreDNS has no name for: events of the data path, sockets, memory of the cache.

import type { Registry } from 'prom-client';
import { type EventName, notKeptReasons, servfailReasons } from '../counters.ts';
import type { BoundStatus } from '../status.ts';
import type { Report } from './copied-metrics.ts';
import { copyCounter, copyGauge } from './copied-metrics.ts';
import { kernelDrops } from './kernel-drops.ts';
import type { Source } from './source.ts';
import { registerUpstreamMetrics } from './upstream-metrics.ts';

/** Every event that is not told under one of CoreDNS's names. */
export type OwnEvent = Exclude<
  EventName,
  'batches' | 'healthcheckBroken' | 'maxConcurrentRejects' | 'panics' | 'localhostQueries' | 'reloadsFailed'
>;

interface EventMetric {
  /** Without `twindns_` and `_total`. Several events may share a name and differ in their label. */
  readonly name: string;
  readonly help: string;
  readonly reason?: string;
}

const dropped = { name: 'dropped_datagrams', help: 'Datagrams that got no answer on purpose.' };
const closed = { name: 'tcp_closed_connections', help: 'TCP connections of clients that were closed by us.' };

export const eventMetrics: Readonly<Record<OwnEvent, EventMetric>> = {
  datagrams: { name: 'received_datagrams', help: 'Datagrams received from clients.' },
  readyAnswers: { name: 'ready_answers', help: 'Answers given from the first level of the cache.' },
  droppedShort: { ...dropped, reason: 'short' },
  droppedResponses: { ...dropped, reason: 'response' },
  droppedLoops: { ...dropped, reason: 'loop' },
  reloads: { name: 'reloads', help: 'Times that a Corefile was read again, and holds.' },
  sendErrors: { name: 'send_errors', help: 'Answers the kernel would not take.' },
  duplicateQueries: {
    name: 'duplicate_queries',
    help: 'Copies of queries that waited already: both get the one answer.',
  },
  coalesced: { name: 'coalesced_queries', help: 'Queries that joined a question already being asked.' },
  unansweredClients: { name: 'gone_clients', help: 'Clients that were gone before their answer came.' },
  tcpAccepted: { name: 'tcp_accepted_connections', help: 'TCP connections of clients accepted.' },
  tcpRefused: { name: 'tcp_refused_connections', help: 'TCP connections refused above the limits.' },
  tcpMadeRoom: { ...closed, reason: 'made_room' },
  tcpIdleClosed: { ...closed, reason: 'idle' },
  tcpReadTimeouts: { ...closed, reason: 'half_query' },
  tcpOverflowClosed: { ...closed, reason: 'not_reading' },
  tcpInherited: { name: 'tcp_inherited_connections', help: 'TCP connections taken over from the twin.' },
  tcpRelinquished: {
    name: 'tcp_relinquished_connections',
    help: 'TCP connections the twin took over while this instance was stuck.',
  },
  unprotectedConnections: {
    name: 'unprotected_connections',
    help: 'TCP connections that end with the process: there was no room for a record.',
  },
  unprotectedQueries: {
    name: 'unprotected_queries',
    help: 'Waiting queries that end with the process: no cell was left, or they were too long for one.',
  },
  replayed: { name: 'replayed_queries', help: 'Queries the twin had received and not answered.' },
  suspectsRefused: {
    name: 'refused_suspects',
    help: 'Queries answered SERVFAIL unseen because the twin may have crashed on them.',
  },
  upstreamTruncated: { name: 'upstream_truncated', help: 'Truncated replies, asked again over TCP.' },
};

export function registerOwnMetrics(registry: Registry, source: Source): void {
  registerEvents(registry, source);
  registerOutcomes(registry, source);
  registerState(registry, source);
  registerBounds(registry, source);
  registerUpstreamMetrics(registry, source);
}

// ---------------------------------------------------------------------------------------------------------------------

function registerEvents(registry: Registry, { counters }: Source): void {
  const byName = new Map<string, [EventMetric, OwnEvent][]>();
  for (const [event, metric] of Object.entries(eventMetrics) as [OwnEvent, EventMetric][]) {
    byName.set(metric.name, [...(byName.get(metric.name) ?? []), [metric, event]]);
  }
  for (const [name, events] of byName) {
    const labelNames = events.some(([{ reason }]) => reason !== undefined) ? ['reason'] : [];
    copyCounter(
      registry,
      { name: `twindns_${name}_total`, help: events[0]![0].help, labelNames, zeros: true },
      (report) => {
        for (const [{ reason }, event] of events)
          report(reason === undefined ? {} : { reason }, counters.events[event]);
      },
    );
  }
}

function registerOutcomes(registry: Registry, { counters }: Source): void {
  copyCounter(
    registry,
    {
      name: 'twindns_servfail_total',
      help: 'Answers SERVFAIL, or another RCODE by which a server says that it cannot, by what led to them.',
      labelNames: ['zone', 'reason'],
      zeros: true,
    },
    (report) => {
      for (const { zone, servfails, cacheHits } of counters.namedZones)
        for (const [i, reason] of servfailReasons.entries())
          report({ zone, reason }, reason === 'kept_failure' ? cacheHits[2]! : servfails[i]!);
    },
  );
  copyCounter(
    registry,
    {
      name: 'twindns_not_kept_total',
      help: 'Answers of servers that may not be kept, by why.',
      labelNames: ['zone', 'reason'],
      zeros: true,
    },
    (report) => {
      for (const { zone, notKept } of counters.namedZones)
        for (const [i, reason] of notKeptReasons.entries()) report({ zone, reason }, notKept[i]!);
    },
  );
}

function registerState(registry: Registry, source: Source): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], read: (report: Report) => void) =>
    copyGauge(registry, { name: `twindns_${name}`, help, labelNames }, read);
  gauge('slot_info', 'Constant 1; which of the two instances this is.', ['slot'], (report) =>
    report({ slot: source.status().slot }, 1),
  );
  gauge(
    'slot_name_taken',
    '1 when another process had the name of the slot at the start: it is served without that.',
    [],
    (report) => report({}, source.slotNameTakenBy === undefined ? 0 : 1),
  );
  gauge(
    'waits_for_cluster_dns',
    '1 while this instance takes no query because the cluster DNS has not answered.',
    [],
    (report) => report({}, source.waitsForClusterDns?.() === undefined ? 0 : 1),
  );
  gauge('in_flight_questions', 'Questions being asked upstream.', [], (report) =>
    report({}, source.status().inFlight),
  );
  gauge('tcp_connections', 'Open TCP connections of clients.', [], (report) =>
    report({}, source.status().tcpConnections),
  );
  const parts =
    (read: (part: { readonly bytes: number; readonly maxBytes: number }) => number) => (report: Report) => {
      for (const [part, of] of Object.entries(source.status().cache.parts)) report({ part }, read(of));
    };
  gauge(
    'cache_bytes',
    'Memory the cache holds, by part.',
    ['part'],
    parts(({ bytes }) => bytes),
  );
  gauge(
    'cache_max_bytes',
    'Memory the cache may hold, by part.',
    ['part'],
    parts(({ maxBytes }) => maxBytes),
  );
  gauge('port_served', '1 while a port for HTTP is served, 0 while it cannot be had.', ['port'], (report) => {
    for (const { name, served } of source.ports()) report({ port: name }, served ? 1 : 0);
  });
  copyCounter(
    registry,
    {
      name: 'twindns_port_failures_total',
      help: 'How often a port for HTTP could not be had.',
      labelNames: ['port'],
      zeros: true,
    },
    (report) => {
      for (const { name, failures } of source.ports()) report({ port: name }, failures);
    },
  );
  gauge(
    'receive_buffer_bytes',
    'Receive buffer the kernel granted to a UDP socket.',
    ['address'],
    (report) => {
      for (const { address, receiveBuffer } of source.status().listen) {
        if (receiveBuffer > 0) report({ address }, receiveBuffer);
      }
    },
  );
  copyCounter(
    registry,
    {
      name: 'twindns_receive_queue_drops_total',
      help: 'Datagrams the kernel dropped because the queue of a UDP socket was full.',
      labelNames: ['address'],
      zeros: true,
    },
    (report) => {
      for (const [address, drops] of kernelDrops(source.sockets)) report({ address }, drops);
    },
  );
}

function registerBounds(registry: Registry, source: Source): void {
  const labelNames = ['bound', 'unit'];
  const each = (pick: (bound: BoundStatus) => number) => (report: Report) => {
    for (const bound of source.status().budget) report({ bound: bound.name, unit: bound.unit }, pick(bound));
  };
  copyGauge(
    registry,
    { name: 'twindns_budget_held', help: 'What is held for clients, in the unit of the bound.', labelNames },
    each(({ held }) => held),
  );
  copyGauge(
    registry,
    { name: 'twindns_budget_limit', help: 'What may be held for clients at most.', labelNames },
    each(({ most }) => most),
  );
  copyCounter(
    registry,
    {
      name: 'twindns_budget_refused_total',
      help: 'What was refused because there was no room.',
      labelNames,
      zeros: true,
    },
    each(({ refused }) => refused),
  );
}
