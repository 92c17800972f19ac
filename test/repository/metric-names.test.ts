// metric-names.test — every metric an instance can show follows the rules for names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyScrape } from '../lab/scrape.ts';
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
  const scrape = await emptyScrape();
  assert.match(scrape, /# TYPE coredns_cache_hits_total counter/);
  assert.deepEqual(metricProblems(scrape), []);
});
