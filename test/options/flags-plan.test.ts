// flags-plan.test — flags make the plan that NodeLocal DNSCache has: the cluster's zones by TCP to its DNS, all else by UDP.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { endpointsAt } from '../lab/endpoints.ts';
import { question } from '../lab/question.ts';
import { labConfig } from '../lab/resolver.ts';

const cluster = { address: '192.0.2.10', port: 53 };
const outside = { address: '192.0.2.53', port: 53 };

test('each listener has the zones of the cluster and the root', () => {
  const { listeners } = flagsPlan({
    ...labConfig,
    listeners: endpointsAt(['127.0.0.1', '127.0.0.2'], 5353),
    clusterDns: [cluster],
    upstreams: [outside],
  });
  assert.deepEqual(
    listeners.map(({ at }) => at),
    [
      { address: '127.0.0.1', port: 5353 },
      { address: '127.0.0.2', port: 5353 },
    ],
  );
  const [{ zones }, second] = [listeners[0]!, listeners[1]!];
  assert.equal(second.zones, zones); // one audience
  assert.deepEqual(
    zones.map(({ suffix, block }) => [
      suffix,
      block.forwards.map(({ servers, transport }) => [transport, ...servers.map(({ endpoint }) => endpoint)]),
      block.cache?.denial.most,
    ]),
    [
      ['cluster.local', [['tcp', cluster]], 5],
      ['in-addr.arpa', [['tcp', cluster]], 5],
      ['ip6.arpa', [['tcp', cluster]], 5],
      ['', [['udp', outside]], 30],
    ],
  );
});

test('without a cluster DNS the root is all there is, and no denial outlives an answer', () => {
  const { listeners } = flagsPlan({ ...labConfig, clusterDns: [], cacheTtl: 10_000 });
  const [{ zones }] = [listeners[0]!];
  assert.deepEqual(
    zones.map(({ suffix, block }) => [suffix, block.cache?.success.most, block.cache?.denial.most]),
    [['', 10, 10]],
  );
});

test('autopath is a step of the cluster domain, whose other names are asked where all others are', () => {
  const { listeners } = flagsPlan({
    ...labConfig,
    clusterDns: [cluster],
    upstreams: [outside],
    autopath: ['corp.example'],
  });
  const [pods, reverse] = listeners[0]!.zones.map(({ block }) => block);
  assert.deepEqual(
    pods!.forwards.map(({ from, servers }) => [from, servers[0]!.endpoint]),
    [
      ['cluster.local', cluster],
      ['', outside],
    ],
  );
  assert.match(
    pods!.steps[0]!.explain(question('a.b.team.svc.cluster.local'))!,
    /a\.b\.svc\.cluster\.local\., a\.b\.cluster\.local\., a\.b\.corp\.example\., a\.b\.$/,
  );
  assert.notEqual(pods!.identity, reverse!.identity);
  assert.deepEqual([reverse!.steps, reverse!.forwards.length], [[], 1]);
});
