// promql.test — expressions are read whole, and one that Prometheus would refuse is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPromql } from './promql.ts';

test('series, their labels and ranges, and what they are summed by are read', () => {
  const text = 'sum by (node, le) (rate(a_bucket{job="x",node=~"y"}[5m])) > 0.5 * max(b) and on_fire == 1';
  assert.deepEqual(readPromql(text), {
    series: [
      { name: 'a_bucket', labels: ['job', 'node'], range: '5m' },
      { name: 'b', labels: [], range: undefined },
      { name: 'on_fire', labels: [], range: undefined },
    ],
    groupings: [
      { labels: ['node', 'le'], series: [{ name: 'a_bucket', labels: ['job', 'node'], range: '5m' }] },
      { labels: [], series: [{ name: 'b', labels: [], range: undefined }] },
    ],
  });
});

test('what is no PromQL is refused', () => {
  for (const text of [
    '',
    'a >',
    'a b',
    'sum by node (a)',
    'sum(a',
    'rate(a)',
    'rate(a[5])',
    'a{b}',
    'a{b="c" d="e"}',
    'a{b="c}',
    'no_function(a)',
    'a > ; b',
  ])
    assert.throws(() => readPromql(text), /is wanted|is no word/, text);
});
