// cluster-servers.test — whom an instance asks before it captures anything, by flags or by a Corefile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../src/config.ts';
import { clusterServers } from '../../src/gate/cluster-servers.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import { read } from '../corefile/reading.ts';
import { labConfig } from '../lab/resolver.ts';

const of = (text: string) => clusterServers(read(text).plan, 'cluster.local').map(formatEndpoint);

test('the servers of --cluster-dns, and without it none', () => {
  const clusterDns = [{ address: '10.96.0.11', port: 53 }];
  const asked = (servers: typeof clusterDns) =>
    clusterServers(
      flagsPlan({ ...labConfig, clusterDomain: 'cluster.local', clusterDns: servers }),
      'cluster.local',
    );
  assert.deepEqual([asked(clusterDns), asked([])], [clusterDns, []]);
});

test('those of the longest zone that holds the domain, each once', () => {
  const root = '.:53 {\n forward . 192.0.2.1\n}\n';
  assert.deepEqual(of(`cluster.local:53 ip6.arpa:53 {\n forward . 10.96.0.11\n}\n${root}`), [
    '10.96.0.11:53',
  ]);
  assert.deepEqual(
    of(
      `local {\n forward . 10.0.0.1\n}\ncluster.local {\n bind 127.0.0.1 127.0.0.2\n forward . 10.0.0.2:5353\n}\n`,
    ),
    ['10.0.0.2:5353'],
  );
  assert.deepEqual(of(`svc.cluster.local {\n forward . 10.0.0.3\n}\n${root}`), []);
  assert.deepEqual(of(root), []);
});

test('the forward that takes the domain, if it asks over plain DNS', () => {
  const block = (...lines: string[]) => of(`local {\n ${lines.join('\n ')}\n}\n`);
  assert.deepEqual(block('forward other.local 10.0.0.1', 'forward . 10.0.0.2'), ['10.0.0.2:53']);
  assert.deepEqual(block('forward . 10.0.0.1 {', 'except cluster.local', '}'), []);
  assert.deepEqual(block('forward . tls://10.0.0.1 {', 'tls_servername x', '}'), []);
  assert.deepEqual(block('forward . /etc/resolv.conf'), []);
});
