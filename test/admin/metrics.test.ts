// metrics.test — counters come out under CoreDNS's names and labels, histograms add up, and what is zero stays away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from '../../src/admin/liveness.ts';
import { createMetrics } from '../../src/admin/metrics.ts';
import type { Source } from '../../src/admin/source.ts';
import { Counters, countServfail, durationBounds, requestIndex, typeIndex } from '../../src/counters.ts';
import {
  failureReasons,
  type ResolverStatus,
  type ServerCounters,
  type UpstreamCounters,
  type UpstreamState,
} from '../../src/status.ts';
import { noStalls } from '../lab/nothing.ts';

const status: ResolverStatus = {
  slot: 'secondary',
  pid: 1,
  version: '0',
  uptimeSeconds: 1,
  listen: [
    { address: '169.254.20.10:53/udp', receiveBuffer: 425984 },
    { address: '169.254.20.10:53/tcp', receiveBuffer: 0 },
  ],
  queries: 0,
  answers: 0,
  hits: 0,
  inFlight: 2,
  tcpConnections: 3,
  budget: [{ name: 'tcp_connections', unit: 'connections', most: 10, held: 3, refused: 2 }],
  cache: {
    ...{ bytes: 1000, maxBytes: 2000, entries: { success: 5, denial: 6 } },
    parts: {
      ready: { bytes: 100, maxBytes: 500 },
      answers: { bytes: 700, maxBytes: 900 },
      denials: { bytes: 100, maxBytes: 500 },
      index: { bytes: 100, maxBytes: 100 },
    },
  },
  routes: [
    {
      zone: '.',
      upstreams: [
        {
          ...{ endpoint: '9.9.9.9:53', transport: 'udp', state: 'down', sinceSeconds: 5, reason: 'timeout' },
          ...{ healthy: false, latencyMs: 2, lastAnswerSeconds: 8, requests: 1, failures: 1 },
          lastMinute: { asked: 1, failed: { timeout: 1 }, medianMs: 2, p99Ms: 2 },
        },
      ],
      isForwarded: true,
      plugins: ['cache', 'forward'],
    },
  ],
};

function upstream(transport: 'udp' | 'tcp' | 'tls'): UpstreamCounters {
  const buckets = new Float64Array(durationBounds.length + 1);
  buckets[3] = 2;
  return {
    endpoint: '9.9.9.9:53',
    transport,
    durations: new Map([[3, buckets]]),
    durationSums: new Map([[3, 0.003]]),
    healthcheckFailures: transport === 'udp' ? 1 : 0,
    connectionsReused: 7,
    connectionsOpened: 0,
  };
}

function server(transport: 'udp' | 'tcp', state: UpstreamState | undefined): ServerCounters {
  const none = Object.fromEntries(failureReasons.map((reason) => [reason, 0]));
  return {
    ...{ endpoint: '9.9.9.9:53', transport, requests: 2, mismatches: 0, state },
    failures: { ...(none as ServerCounters['failures']), timeout: 1 },
    latencyMs: 2,
    lastAnswerAt: 1_000_000,
  };
}

function scraped(
  change: (counters: Counters) => void = () => {},
  asked: readonly ('udp' | 'tcp' | 'tls')[] = ['udp', 'tcp'],
) {
  const counters = new Counters(['cluster.local.', '.']);
  change(counters);
  const source: Source = {
    counters,
    status: () => status,
    upstreamCounters: () => asked.map(upstream),
    stalls: noStalls,
    servers: () => [server('udp', 'down'), server('tcp', undefined)],
    sockets: [],
    listeners: () => [],
    custody: () => ({ enabled: false }),
    ports: () => [],
    node: () => undefined,
  };
  const metrics = createMetrics({ address: '169.254.20.10', port: 53 }, source, new Liveness(0));
  return { counters, scrape: async () => (await metrics.render()).split('\n') };
}

const label = 'server="dns://169.254.20.10:53"';

test('requests and responses carry the labels dashboards ask for', async () => {
  const { scrape } = scraped(({ zones: [, , cluster] }) => {
    cluster!.requests[requestIndex(1, 0, typeIndex(28))] = 4;
    cluster!.responses[3] = 5;
    cluster!.doRequests[0] = 1;
  });
  const lines = await scrape();
  const labels = `${label},zone="cluster.local.",view=""`;
  const requests = lines.filter((line) => line.startsWith('coredns_dns_requests_total{'));
  assert.deepEqual(requests, [`coredns_dns_requests_total{${labels},proto="tcp",family="1",type="AAAA"} 4`]);
  assert.ok(lines.includes(`coredns_dns_responses_total{${labels},rcode="NXDOMAIN",plugin=""} 5`));
  assert.ok(lines.includes(`coredns_dns_do_requests_total{${labels}} 1`));
});

test('cache counters are told by kind and by zone', async () => {
  const { scrape } = scraped(({ zones: [, , , rest] }) => {
    rest!.cacheHits[0] = 10;
    rest!.cacheHits[1] = 2;
    rest!.cacheMisses[0] = 3;
    rest!.servedStale[0] = 1;
  });
  const lines = await scrape();
  const labels = `${label},zones=".",view=""`;
  for (const line of [
    `coredns_cache_hits_total{${labels},type="success"} 10`,
    `coredns_cache_hits_total{${labels},type="denial"} 2`,
    `coredns_cache_misses_total{${labels}} 3`,
    `coredns_cache_requests_total{${labels}} 15`,
    `coredns_cache_served_stale_total{${labels}} 1`,
    `coredns_cache_entries{${labels},type="denial"} 6`,
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

test('histograms are cumulative and end with sum and count', async () => {
  const { scrape } = scraped(({ zones: [, , , rest] }) => {
    rest!.durations[0] = 5;
    rest!.durations[2] = 1;
    rest!.durations[durationBounds.length] = 1;
    rest!.durationSum[0] = 9.5;
  });
  const name = 'coredns_dns_request_duration_seconds';
  const lines = (await scrape()).filter((line) => line.startsWith(name) && line.includes('zone="."'));
  assert.equal(lines.length, durationBounds.length + 3);
  const value = (le: string) => lines.find((line) => line.includes(`le="${le}"`))?.split(' ')[1];
  assert.deepEqual(['0.00025', '0.0005', '0.001', '8.192', '+Inf'].map(value), ['5', '5', '6', '6', '7']);
  const labels = `${label},zone=".",view=""`;
  assert.deepEqual(lines.slice(-2), [`${name}_sum{${labels}} 9.5`, `${name}_count{${labels}} 7`]);
});

test('both transports of an upstream are one series, since CoreDNS has no label for them', async () => {
  const lines = await scraped().scrape();
  const labels = 'proxy_name="forward",to="9.9.9.9:53"';
  assert.ok(lines.includes(`coredns_proxy_request_duration_seconds_count{${labels},rcode="NXDOMAIN"} 4`));
  assert.ok(lines.includes(`coredns_proxy_healthcheck_failures_total{${labels}} 1`));
  assert.ok(lines.includes(`coredns_proxy_conn_cache_hits_total{${labels},proto="tcp"} 7`));
  assert.ok(lines.includes(`coredns_proxy_conn_cache_misses_total{${labels},proto="tcp"} 0`));
});

test('a server that forwards ask in two manners is one; TLS has the word of CoreDNS', async () => {
  const lines = await scraped(() => {}, ['tls', 'tls', 'udp', 'udp']).scrape();
  const labels = 'proxy_name="forward",to="9.9.9.9:53"';
  for (const proto of ['tcp-tls', 'udp'])
    assert.ok(lines.includes(`coredns_proxy_conn_cache_hits_total{${labels},proto="${proto}"} 14`));
  const failures = lines.filter((line) => line.startsWith('coredns_proxy_healthcheck_failures_total'));
  assert.deepEqual(failures, [`coredns_proxy_healthcheck_failures_total{${labels}} 2`]);
});

test('every event has a name of its own or one of CoreDNS, but for the calls it takes', async () => {
  const { counters, scrape } = scraped(({ events }) => {
    for (const [index, name] of Object.keys(events).entries())
      events[name as keyof typeof events] = 1001 + index;
  });
  const values = (await scrape()).map((line) => line.split(' ').at(-1));
  for (const [name, value] of Object.entries(counters.events))
    if (name !== 'batches') assert.ok(values.includes(String(value)), name);
});

test('sockets, cache, upstreams and process are told as they are at the scrape', async () => {
  const lines = await scraped().scrape();
  for (const line of [
    'twindns_slot_info{slot="secondary"} 1',
    'twindns_in_flight_questions 2',
    `coredns_plugin_enabled{${label},zone=".",view="",name="forward"} 1`,
    `coredns_cache_drops_total{${label},zones=".",view=""} 0`,
    'twindns_tcp_connections 3',
    'twindns_budget_held{bound="tcp_connections",unit="connections"} 3',
    'twindns_budget_limit{bound="tcp_connections",unit="connections"} 10',
    'twindns_budget_refused_total{bound="tcp_connections",unit="connections"} 2',
    'twindns_cache_bytes{part="answers"} 700',
    'twindns_cache_max_bytes{part="denials"} 500',
    'twindns_stall_seconds_total{cause="throttled"} 0',
    'twindns_not_kept_total{zone=".",reason="ttl_0"} 0',
    'twindns_receive_buffer_bytes{address="169.254.20.10:53/udp"} 425984',
    'twindns_upstream_healthy{to="9.9.9.9:53",proto="udp"} 0',
    'twindns_upstream_state{to="9.9.9.9:53",proto="udp",state="down"} 1',
    'twindns_upstream_state{to="9.9.9.9:53",proto="udp",state="up"} 0',
    'twindns_upstream_latency_seconds{to="9.9.9.9:53",proto="udp"} 0.002',
    'twindns_upstream_last_answer_timestamp_seconds{to="9.9.9.9:53",proto="udp"} 1000000',
    'twindns_upstream_requests_total{to="9.9.9.9:53",proto="tcp"} 2',
    'twindns_upstream_failures_total{to="9.9.9.9:53",proto="udp",reason="timeout"} 1',
    'twindns_upstream_failures_total{to="9.9.9.9:53",proto="udp",reason="servfail"} 0',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  for (const name of [
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_network_receive_bytes_total',
    'process_cpu_seconds_total',
    'process_open_fds',
  ]) {
    assert.ok(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    );
  }
});

test('a scrape does not add up with the one before', async () => {
  const { counters, scrape } = scraped(({ events }) => {
    events.datagrams = 1;
  });
  await scrape();
  counters.events.datagrams = 3;
  assert.ok((await scrape()).includes('twindns_received_datagrams_total 3'));
});

test('what is known to be counted is there from the beginning, with 0, and is not much', async () => {
  const lines = await scraped().scrape();
  const zero = (name: string, labels: string) =>
    assert.ok(lines.includes(`${name}{${labels}} 0`), `${name}{${labels}}`);
  const at = `${label},zone=".",view=""`;
  for (const rcode of ['NOERROR', 'SERVFAIL', 'NXDOMAIN', 'REFUSED'])
    zero('coredns_dns_responses_total', `${at},rcode="${rcode}",plugin=""`);
  zero('coredns_dns_request_duration_seconds_count', at);
  for (const name of ['hits', 'evictions'])
    for (const type of ['success', 'denial'])
      zero(`coredns_cache_${name}_total`, `${label},zones=".",view="",type="${type}"`);
  for (const name of ['misses', 'requests', 'served_stale', 'prefetch'])
    zero(`coredns_cache_${name}_total`, `${label},zones=".",view=""`);
  for (const reason of ['no_answer', 'upstream_said', 'kept_failure', 'limit', 'no_upstreams'])
    zero('twindns_servfail_total', `zone=".",reason="${reason}"`);
  for (const reason of ['short', 'response', 'loop'])
    zero('twindns_dropped_datagrams_total', `reason="${reason}"`);
  const series = lines.filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(series.length < 350, `${series.length} series`);
});

test('a failure that is kept is no hit, and is told as what it is', async () => {
  const { scrape } = scraped(({ zones: [, , , rest] }) => {
    rest!.cacheHits.set([10, 2, 5]);
    countServfail(rest!, 'no_answer', 3);
  });
  const lines = await scrape();
  for (const line of [
    `coredns_cache_hits_total{${label},zones=".",view="",type="denial"} 2`,
    `coredns_cache_requests_total{${label},zones=".",view=""} 17`,
    'twindns_servfail_total{zone=".",reason="kept_failure"} 5',
    'twindns_servfail_total{zone=".",reason="no_answer"} 3',
  ])
    assert.ok(lines.includes(line), line);
  assert.ok(!lines.some((line) => line.includes('type="failure"')));
});

test('a scrape with very many series lets other work have its turns', async () => {
  const counters = new Counters(Array.from({ length: 60 }, (_, n) => `zone${n}.test.`));
  for (const { requests } of counters.zones) requests.fill(1);
  const source: Source = {
    counters,
    status: () => status,
    upstreamCounters: () => [],
    stalls: noStalls,
    servers: () => [],
    sockets: [],
    listeners: () => [],
    custody: () => ({ enabled: false }),
    ports: () => [],
    node: () => undefined,
  };
  const { render } = createMetrics({ address: '192.0.2.1', port: 53 }, source, new Liveness(0));
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const text = await render();
  clearInterval(counting);
  assert.ok(text.length > 100_000);
  assert.ok(turns > 1, `${turns} turns`);
});
