// liveness.test — an event loop that stands still is found out, and forgiven when it turns again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness } from '../../src/admin/liveness.ts';

test('a loop that ticks each second is alive', () => {
  const liveness = new Liveness(0);
  for (let now = 1000; now <= 10_000; now += 1000) liveness.tick(now);
  assert.equal(liveness.isAlive(10_500), true);
  assert.equal(liveness.failures, 0);
  assert.equal(liveness.durations[0], 10);
});

test('a tick more than five seconds late is a failure until the next one in time', () => {
  const liveness = new Liveness(0);
  assert.equal(liveness.isAlive(6000), true);
  assert.equal(liveness.isAlive(6001), false);
  liveness.tick(6001);
  assert.equal(liveness.isAlive(6002), false);
  assert.equal(liveness.failures, 1);
  liveness.tick(7001);
  assert.equal(liveness.isAlive(7002), true);
});
