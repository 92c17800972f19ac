// told-environment.test — a Corefile finds options by their variables, set or not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldEnvironment } from '../../src/options/told-environment.ts';

test('what is set stays, what is not or empty has the default of its option, and a flag wins', () => {
  const env = toldEnvironment({ TWINDNS_UPSTREAM: '192.0.2.1', TWINDNS_CLUSTER_DOMAIN: '', MINE: 'x' });
  const { TWINDNS_UPSTREAM, TWINDNS_CLUSTER_DOMAIN, MINE, OTHER } = env;
  assert.deepEqual(
    [TWINDNS_UPSTREAM, TWINDNS_CLUSTER_DOMAIN, MINE, OTHER],
    ['192.0.2.1', 'cluster.local', 'x', undefined],
  );
  assert.equal(toldEnvironment({}, 'k8s.example').TWINDNS_CLUSTER_DOMAIN, 'k8s.example');
});
