// exposition.test — metrics come out in the form that Prometheus reads, whatever is in their labels.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exposed, exposition } from '../../src/admin/exposition.ts';

test('names, labels and values are written as Prometheus reads them', async () => {
  const metrics: Exposed[] = [
    { name: 'a_total', help: 'A \\ and\na line.', type: 'counter', values: [{ labels: {}, value: 1 }] },
    {
      name: 'b',
      help: 'B.',
      type: 'histogram',
      values: [
        { metricName: 'b_bucket', labels: { le: '+Inf' }, sharedLabels: { zone: '.' }, value: 2 },
        { labels: { text: 'a "b" \\ \n' }, value: Number.NEGATIVE_INFINITY },
        { labels: {}, value: Number.NaN },
      ],
    },
  ];
  const text = await exposition(metrics.map((metric) => () => metric));
  assert.deepEqual(text.split('\n'), [
    '# HELP a_total A \\\\ and\\na line.',
    '# TYPE a_total counter',
    'a_total 1',
    '',
    '# HELP b B.',
    '# TYPE b histogram',
    'b_bucket{le="+Inf",zone="."} 2',
    'b{text="a \\"b\\" \\\\ \\n"} -Inf',
    'b NaN',
    '',
  ]);
});
