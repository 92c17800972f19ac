// metric-names.test — every metric an instance can show follows the rules for names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from '../../src/admin/liveness.ts';
import { createMetrics } from '../../src/admin/metrics.ts';
import { Counters } from '../../src/counters.ts';
import { metricProblems } from './metric-names.ts';

const described = (name: string, type: string) => `# HELP ${name} Help.\n# TYPE ${name} ${type}\n`;

test('each breach of the rules is found', () => {
  for (const [name, type] of [
    ['coredns_requests', 'counter'],
    ['twindns_entries_total', 'gauge'],
    ['requests_total', 'counter'],
    ['twindns_Requests_total', 'counter'],
    ['twindns_delay_ms', 'gauge'],
    ['twindns_cache_megabytes', 'gauge'],
    ['twindns_answers', 'histogram'],
  ] as const) {
    assert.notDeepEqual(metricProblems(described(name, type)), [], name);
  }
  assert.notDeepEqual(metricProblems('# TYPE twindns_a gauge\n'), []);
  assert.deepEqual(metricProblems(described('twindns_delay_seconds', 'histogram')), []);
});

test('the metrics of an instance keep them', async () => {
  const source = {
    counters: new Counters(['cluster.local.', '.']),
    status: () => ({
      slot: 'primary' as const,
      pid: 1,
      version: '0',
      uptimeSeconds: 1,
      listen: [{ address: '127.0.0.1:53/udp', receiveBuffer: 1 }],
      queries: 0,
      answers: 0,
      hits: 0,
      inFlight: 0,
      tcpConnections: 0,
      cache: { bytes: 0, maxBytes: 0, entries: { success: 0, denial: 0 } },
      routes: [],
    }),
    upstreamCounters: () => [],
    sockets: [],
    custody: () => ({ enabled: false as const }),
    node: () => undefined,
  };
  const metrics = createMetrics({ address: '127.0.0.1', port: 53 }, source, new Liveness(0));
  const scrape = await metrics.render();
  assert.match(scrape, /# TYPE coredns_cache_hits_total counter/);
  assert.deepEqual(metricProblems(scrape), []);
});
