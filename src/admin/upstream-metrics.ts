// upstream-metrics — how the servers fare that are asked: each once, by address and transport.

import type { Registry } from 'prom-client';
import { failureReasons, type ServerCounters, upstreamStates } from '../status.ts';
import { copyCounter, copyGauge, type Labels, type Report } from './copied-metrics.ts';
import type { Source } from './source.ts';

const labelNames = ['to', 'proto'];

export function registerUpstreamMetrics(registry: Registry, source: Source): void {
  const each =
    (read: (server: ServerCounters, labels: Labels, report: Report) => void) => (report: Report) => {
      for (const server of source.servers())
        read(server, { to: server.endpoint, proto: server.transport }, report);
    };
  copyGauge(
    registry,
    {
      name: 'twindns_upstream_servers',
      help: 'Servers of a zone; 0: its names get SERVFAIL.',
      labelNames: ['zone'],
    },
    (report) => {
      for (const { zone, upstreams } of source.status().routes) report({ zone }, upstreams.length);
    },
  );
  copyCounter(
    registry,
    {
      name: 'twindns_upstream_requests_total',
      help: 'Questions and probes sent to a server.',
      labelNames,
      zeros: true,
    },
    each(({ requests }, labels, report) => report(labels, requests)),
  );
  copyCounter(
    registry,
    {
      name: 'twindns_upstream_failures_total',
      help: 'Those of them that brought no answer, by what came instead.',
      labelNames: [...labelNames, 'reason'],
      zeros: true,
    },
    each(({ failures }, labels, report) => {
      for (const reason of failureReasons) report({ ...labels, reason }, failures[reason]);
    }),
  );
  copyCounter(
    registry,
    {
      name: 'twindns_upstream_mismatches_total',
      help: 'Replies that were not to our question: late by far, or forged.',
      labelNames,
      zeros: true,
    },
    each(({ mismatches }, labels, report) => report(labels, mismatches)),
  );
  copyGauge(
    registry,
    {
      name: 'twindns_upstream_state',
      help: '1 for the state a server is in, by the transport its forward prefers.',
      labelNames: [...labelNames, 'state'],
    },
    each((server, labels, report) => {
      if (server.state === undefined) return;
      for (const state of upstreamStates) report({ ...labels, state }, server.state === state ? 1 : 0);
    }),
  );
  copyGauge(
    registry,
    { name: 'twindns_upstream_healthy', help: '0 while a server is down.', labelNames },
    each(({ state }, labels, report) => {
      if (state !== undefined) report(labels, state === 'down' ? 0 : 1);
    }),
  );
  copyGauge(
    registry,
    {
      name: 'twindns_upstream_latency_seconds',
      help: 'What half of its answers took in the last minute; left out while none came.',
      labelNames,
    },
    each(({ latencyMs }, labels, report) => {
      if (latencyMs !== undefined) report(labels, latencyMs / 1000);
    }),
  );
  copyGauge(
    registry,
    {
      name: 'twindns_upstream_last_answer_timestamp_seconds',
      help: 'When the last answer of a server came, seconds since 1970; left out before the first.',
      labelNames,
    },
    each(({ lastAnswerAt }, labels, report) => {
      if (lastAnswerAt !== undefined) report(labels, lastAnswerAt);
    }),
  );
}
