// zone.test — the demo zone says what CoreDNS's kubernetes plugin would say.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookup, reverseName } from '../../src/demo/zone.ts';

/** Data of the answers, or the outcome without one. */
function found(name: string, type: string): unknown {
  const finding = lookup(name, type);
  return finding.outcome === 'answer' ? finding.answers.map(({ data }) => data) : finding.outcome;
}

const expectations: readonly [what: string, name: string, type: string, found: unknown][] = [
  ['a Service', 'kubernetes.default.svc.cluster.local', 'A', ['10.96.0.1']],
  ['a Service in capitals', 'WEB.Shop.SVC.Cluster.Local', 'A', ['10.96.12.34']],
  ['a dual-stack Service, IPv4', 'cart.shop.svc.cluster.local', 'A', ['10.96.40.7']],
  ['a dual-stack Service, IPv6', 'cart.shop.svc.cluster.local', 'AAAA', ['fd00:10:96::28:7']],
  ['no IPv6 of an IPv4-only Service', 'web.shop.svc.cluster.local', 'AAAA', 'nodata'],
  ['a pod', '10-244-1-7.shop.pod.cluster.local', 'A', ['10.244.1.7']],
  ['no IPv6 of a pod', '10-244-1-7.shop.pod.cluster.local', 'AAAA', 'nodata'],
  ['no pod of an unknown namespace', '10-244-1-7.nowhere.pod.cluster.local', 'A', 'nxdomain'],
  ['no pod at an impossible address', '10-244-1-777.shop.pod.cluster.local', 'A', 'nxdomain'],
  ['a pod of a StatefulSet', 'db-1.db.shop.svc.cluster.local', 'A', ['10.244.1.21']],
  ['an ExternalName', 'docs.shop.svc.cluster.local', 'A', ['docs.example.com']],
  [
    'an ExternalName inside',
    'front.shop.svc.cluster.local',
    'A',
    ['web.shop.svc.cluster.local', '10.96.12.34'],
  ],
  ['the ExternalName itself', 'front.shop.svc.cluster.local', 'CNAME', ['web.shop.svc.cluster.local']],
  ['a Service by address', '34.12.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
  ['a Service by IPv6 address', reverseName('fd00:10:96::28:7'), 'PTR', ['cart.shop.svc.cluster.local']],
  ['the version', 'dns-version.cluster.local', 'TXT', ['1.1.0']],
  ['the name servers', 'cluster.local', 'NS', ['kube-dns.kube-system.svc.cluster.local']],
  ['a name with names below it', 'shop.svc.cluster.local', 'A', 'nodata'],
  ['no such Service', 'nothing.shop.svc.cluster.local', 'A', 'nxdomain'],
  ['a search path gone too far', 'web.shop.svc.cluster.local.shop.svc.cluster.local', 'A', 'nxdomain'],
  ['no such address', '1.0.0.192.in-addr.arpa', 'PTR', 'nxdomain'],
  ['another zone', 'example.com', 'A', 'refused'],
  ['a zone that only ends alike', 'xcluster.local', 'A', 'refused'],
];

for (const [what, name, type, expected] of expectations) {
  test(`finds ${what}: ${name} ${type}`, () => assert.deepEqual(found(name, type), expected));
}

test('a port leads to its Service, whose address comes along', () => {
  const finding = lookup('_http._tcp.web.shop.svc.cluster.local', 'SRV');
  assert(finding.outcome === 'answer');
  const target = 'web.shop.svc.cluster.local';
  assert.deepEqual(finding.answers[0]?.data, { priority: 0, weight: 100, port: 80, target });
  assert.deepEqual(finding.additionals, [{ name: target, type: 'A', ttl: 30, data: '10.96.12.34' }]);
});

test('a headless Service has an address for each of its 500 endpoints', () => {
  const finding = lookup('ring.shop.svc.cluster.local', 'A');
  assert(finding.outcome === 'answer');
  assert.equal(new Set(finding.answers.map(({ data }) => data)).size, 500);
});

test('absence comes with an SOA that allows five seconds of memory', () => {
  for (const name of ['nothing.shop.svc.cluster.local', 'web.shop.svc.cluster.local']) {
    const finding = lookup(name, 'AAAA');
    assert('soa' in finding && finding.soa.type === 'SOA');
    assert.deepEqual([finding.soa.name, finding.soa.data.minimum], ['cluster.local', 5]);
  }
});
