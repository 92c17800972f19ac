// heavy-hitters.test — what comes most is found among any number of keys, in memory that does not grow.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeavyHitters } from '../../src/top/heavy-hitters.ts';
import { Sampler } from '../../src/top/sampler.ts';

test('with few keys the counts are exact', () => {
  const sketch = new HeavyHitters(4);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) sketch.add(key);
  assert.deepEqual(sketch.most(2), [
    { key: 'a', count: 3, over: 0 },
    { key: 'b', count: 2, over: 0 },
  ]);
  assert.equal(sketch.total, 6);
});

test('a key that is more than one in as many as there are counters is found, and no count is too low', () => {
  const sketch = new HeavyHitters(16);
  const true_ = new Map<string, number>();
  for (let n = 0; n < 50_000; n++) {
    const key = n % 10 === 0 ? 'heavy' : n % 13 === 0 ? 'second' : `random ${(n * 7919) % 30_000}`;
    true_.set(key, (true_.get(key) ?? 0) + 1);
    sketch.add(key);
  }
  const all = sketch.most(1000);
  assert.equal(all.length, 16);
  for (const key of ['heavy', 'second'])
    assert.ok(
      all.some((one) => one.key === key),
      key,
    );
  for (const { key, count, over } of all) {
    const real = true_.get(key)!;
    assert.ok(count >= real && count - over <= real, `${key}: ${count} - ${over}, really ${real}`);
  }
});

test('a sample stands for all there were, whatever the rate, and is bounded', () => {
  let now = 0;
  let seed = 1;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  for (const rate of [10, 1000, 100_000, 1_000_000]) {
    const sampler = new Sampler(() => now, random);
    const seconds = rate >= 100_000 ? 1 : 5;
    let taken = 0;
    let stoodFor = 0;
    for (let n = 0; n < rate * seconds; n++) {
      now += 1000 / rate;
      const weight = sampler.take();
      taken += weight > 0 ? 1 : 0;
      stoodFor += weight;
    }
    assert.ok(Math.abs(stoodFor / (rate * seconds) - 1) < 0.1, `${rate}: ${stoodFor}`);
    assert.ok(taken <= 8000 * seconds, `${rate}: ${taken}`);
    if (rate <= 1000) assert.equal(taken, rate * seconds);
  }
});
