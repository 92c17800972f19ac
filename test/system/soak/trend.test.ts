// trend.test — growth is told from noise and from warming up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trendOf } from './trend.ts';

const series = (value: (at: number) => number) =>
  Array.from({ length: 120 }, (_, i) => ({ at: 5 * i, value: value(5 * i) }));
/** Up and down by two. */
const noise = (at: number) => 2 * Math.sin(at * 7.3);

test('noise around a level is flat', () => {
  const { growth, mean, flat } = trendOf(
    series((at) => 60 + noise(at)),
    1,
  );
  assert.ok(flat && Math.abs(growth) < 1, `${growth}`);
  assert.ok(Math.abs(mean - 60) < 0.5);
});

test('growth while warming up does not count', () => {
  assert.ok(
    trendOf(
      series((at) => Math.min(60, 20 + at / 5) + noise(at)),
      1,
    ).flat,
  );
});

test('steady growth under the same noise is found, and measured', () => {
  const { growth, flat } = trendOf(
    series((at) => 60 + at / 100 + noise(at)),
    1,
  );
  assert.equal(flat, false);
  assert.ok(Math.abs(growth - 2.95) < 0.5, `${growth}`);
});

test('too few samples are refused', () => {
  assert.throws(() => trendOf(series((at) => at).slice(0, 4), 1), RangeError);
});
