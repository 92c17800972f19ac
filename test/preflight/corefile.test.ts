// corefile.test — names that only a Corefile knows are found in it, and those of the cluster are not taken for such.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterDomainsOf, ownNamesOf, readCorefile } from '../../src/preflight/corefile.ts';
import { corefile } from './clusters.ts';

function ownNames(text: string): string[] {
  const blocks = readCorefile(text);
  return ownNamesOf(blocks, clusterDomainsOf(blocks));
}

const inRoot = (lines: string) => corefile.replace('    cache 30\n', `    cache 30\n${lines}\n`);

test('the Corefile of kubeadm has none', () => {
  assert.deepEqual(ownNames(corefile), []);
  assert.deepEqual(clusterDomainsOf(readCorefile(corefile)), ['cluster.local']);
});

test('zones of other servers, hosts, rewrites and other servers for all are found', () => {
  assert.deepEqual(ownNames(`${corefile}corp.example:53 b.example.:5353 {\n  forward . 10.0.0.1\n}\n`), [
    'zone corp.example',
    'zone b.example',
  ]);
  assert.deepEqual(ownNames(`a.example,\nb.example {\n  file db\n}\n`), ['zone a.example', 'zone b.example']);
  assert.deepEqual(ownNames(inRoot('    hosts /etc/coredns/NodeHosts {\n      ttl 60\n    }')), [
    'hosts /etc/coredns/NodeHosts',
  ]);
  assert.deepEqual(ownNames(inRoot('    rewrite name a.example b.cluster.local')), [
    'rewrite name a.example b.cluster.local',
  ]);
  assert.deepEqual(ownNames(inRoot('    forward corp.example 10.0.0.1')), ['zone corp.example']);
  assert.deepEqual(ownNames(corefile.replace('/etc/resolv.conf', '9.9.9.9')), ['forward to 9.9.9.9']);
});

test('what is for the cluster, in comments, or in the body of a plugin is none', () => {
  assert.deepEqual(
    ownNames(`${corefile}cluster.local:53 {\n  hosts\n}\n10.in-addr.arpa {\n  file db\n}\n`),
    [],
  );
  assert.deepEqual(ownNames(inRoot('    # hosts /etc/hosts\n    ready # rewrite a b')), []);
  assert.deepEqual(ownNames(inRoot('    log {\n      hosts x\n    }')), []);
});

test('domains come from the plugin, or from the block where it names none', () => {
  assert.deepEqual(clusterDomainsOf(readCorefile('prod.example {\n  kubernetes\n}\n')), ['prod.example']);
  assert.deepEqual(
    clusterDomainsOf(readCorefile('. {\n  kubernetes A.example b.example 10.96.0.0/12\n}\n')),
    ['a.example', 'b.example'],
  );
});

test('what is no Corefile throws nothing', () => {
  for (const text of ['', '}', '{', '}}}{{{', '. {\n', 'x\n{\n', '\0\n{ }\n', ', ,\n'.repeat(100)])
    assert.ok(Array.isArray(ownNames(text)));
});
