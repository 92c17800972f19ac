// kube-dns.test — stub domains and name servers of the ConfigMap, and what in it is wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKubeDns, withStubDomains } from '../../src/corefile/kube-dns.ts';
import { block, read, said } from './reading.ts';

const config = (stubDomains: unknown, upstreamNameservers?: unknown) =>
  readKubeDns({
    stubDomains: stubDomains === undefined ? undefined : JSON.stringify(stubDomains),
    upstreamNameservers: upstreamNameservers === undefined ? undefined : JSON.stringify(upstreamNameservers),
  });

test('stub domains become blocks behind the Corefile, in the order of their names', () => {
  const found = config({ 'lab.example': ['192.0.2.2:5300', '192.0.2.1'], 'acme.example': ['2001:db8::1'] });
  assert.deepEqual(found.problems, []);
  const text = withStubDomains(block('loop').trimEnd(), found, ['127.0.0.1', '127.0.0.2'], 53);
  const { plan, faults } = read(text);
  assert.equal(said(faults), '');
  assert.deepEqual(
    plan.listeners.map(({ at, zones }) => [at.address, ...zones.map(({ suffix }) => suffix)]),
    [
      ['127.0.0.1', '', 'acme.example', 'lab.example'],
      ['127.0.0.2', 'acme.example', 'lab.example'],
    ],
  );
  const { forwards, cache, log } = plan.listeners[1]!.zones[1]!.block;
  assert.deepEqual(
    forwards[0]!.servers.map(({ endpoint }) => endpoint),
    [
      { address: '192.0.2.2', port: 5300 },
      { address: '192.0.2.1', port: 53 },
    ],
  );
  assert.deepEqual(
    [cache!.success.most, log.errors, forwards[0]!.transport],
    [30, { consolidate: [] }, 'client'],
  );
});

test('without any the Corefile is as it was', () => {
  assert.equal(withStubDomains('a', config(undefined), ['127.0.0.1'], 53), 'a');
  assert.deepEqual(config(undefined), { stubDomains: new Map(), upstreams: [], problems: [] });
  assert.deepEqual(readKubeDns({ stubDomains: ' \n', upstreamNameservers: '' }).problems, []);
});

test('up to three name servers', () => {
  assert.deepEqual(config(undefined, ['192.0.2.1', '192.0.2.2:5353']).upstreams, [
    '192.0.2.1',
    '192.0.2.2:5353',
  ]);
  const { upstreams, problems } = config(undefined, ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']);
  assert.equal(upstreams.length, 3);
  assert.match(problems.join(), /has 4 servers: the first 3/);
});

test('what is wrong is told and left out, the rest holds', () => {
  const { stubDomains, problems } = config({
    ...{ 'a.example': ['192.0.2.1', 'tls://192.0.2.2', '/etc/resolv.conf', '192.0.2.3:0'] },
    ...{
      'b.example.': ['192.0.2.1'],
      '*.example': ['192.0.2.1'],
      B: ['192.0.2.1'],
      'c.example': ['ns.example'],
    },
  });
  assert.deepEqual([...stubDomains], [['a.example', ['192.0.2.1']]]);
  assert.equal(problems.length, 7);
  assert.match(
    readKubeDns({ stubDomains: '{', upstreamNameservers: '"x"' }).problems.join(' '),
    /is no JSON.*is not a list/,
  );
  for (const wrong of [[], 7, { a: 'b' }, { a: [7] }, null])
    assert.equal(config(wrong).problems.length, 1, JSON.stringify(wrong));
});
