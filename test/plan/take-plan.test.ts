// take-plan.test — another plan: where it listens and what it answers change together, or neither does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Endpoint, formatEndpoint } from '../../src/config.ts';
import { MOST_ENDPOINTS } from '../../src/handover/endpoint-table.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { listenersOf, takePlan } from '../../src/plan/take-plan.ts';
import { endpointsAt } from '../lab/endpoints.ts';
import { labConfig } from '../lab/resolver.ts';

const planAt = (listeners: readonly Endpoint[]) => flagsPlan({ ...labConfig, listeners });
const [main, other] = endpointsAt(['127.0.0.1', '127.0.0.2'], 53) as [Endpoint, Endpoint];

/** What a resolver and its twin are told, in order. @param failing of them, what throws that */
function setUp(failing: { setListeners?: Error; setPlan?: Error } = {}) {
  const told: string[] = [];
  let listeners: readonly Endpoint[] = [main];
  const resolver = {
    listeners: () => listeners,
    setListeners(endpoints: readonly Endpoint[]) {
      if (failing.setListeners !== undefined) throw failing.setListeners;
      told.push(`listen ${endpoints.map(formatEndpoint).join()}`);
      listeners = endpoints;
    },
    setPlan() {
      if (failing.setPlan !== undefined) throw failing.setPlan;
      told.push('plan');
    },
  };
  const twin = { planChanged: () => void told.push('twin') };
  return { told, take: (endpoints: readonly Endpoint[]) => takePlan(planAt(endpoints), resolver, twin) };
}

test('the twin is told of each plan, and listeners that are the same are left as they are', () => {
  const { told, take } = setUp();
  take([main]);
  assert.deepEqual(told.splice(0), ['plan', 'twin']);
  take([other, main]);
  assert.deepEqual(told.splice(0), ['listen 127.0.0.2:53,127.0.0.1:53', 'plan', 'twin']);
  take([main, other]);
  assert.deepEqual(told, ['plan', 'twin'], 'their order is no matter');
});

test('where an endpoint cannot be bound the plan stays, and it is named', () => {
  const refused = Object.assign(new Error('in use'), { code: 'EADDRINUSE', syscall: 'bind' });
  const { told, take } = setUp({ setListeners: refused });
  assert.throws(() => take([main, other]), {
    code: 'CANNOT_BIND',
    message: /DNS at 127\.0\.0\.2:53: .*`bind`/,
  });
  assert.deepEqual(told, []);
});

test('where the plan is refused the listeners are those of before, and what was opened is given up', () => {
  const { told, take } = setUp({ setPlan: new RangeError('more than 255 zones') });
  assert.throws(() => take([main, other]), /more than 255 zones/);
  assert.deepEqual(told, ['listen 127.0.0.1:53,127.0.0.2:53', 'listen 127.0.0.1:53', 'twin']);
});

test('more listeners than two instances can share are refused', () => {
  const many = Array.from({ length: MOST_ENDPOINTS + 1 }, (_, i) => ({
    address: '127.0.0.1',
    port: 1000 + i,
  }));
  assert.equal(listenersOf(planAt(many.slice(1))).length, MOST_ENDPOINTS);
  assert.throws(() => listenersOf(planAt(many)), { code: 'CONFIG_REFUSED' });
});
