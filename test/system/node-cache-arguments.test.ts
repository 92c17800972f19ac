// node-cache-arguments.test — a DaemonSet of node-cache with another image and nothing else: its arguments, its template, its ConfigMap
// come to interface, rules, metrics and answers; and a second one like it is the twin.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Node } from '../lab/node.ts';
import { twindns } from '../lab/program.ts';

const published =
  '-localip 169.254.20.10,10.96.0.10 -conf /etc/Corefile -upstreamsvc kube-dns-upstream -pidfile /etc/pid'.split(
    ' ',
  );
const clusterDns = { address: '127.0.0.2', port: 53, text: 'the cluster DNS' };
const elsewhere = { address: '127.0.0.3', port: 53, text: 'the server of the node' };
const stub = { address: '127.0.0.4', port: 53, text: 'the server of the stub domain' };

function zone(key: string, cache: string, forward: string): string {
  const lines = [
    ...['errors', cache, 'reload', 'loop', 'bind 169.254.20.10 10.96.0.10', forward, 'prometheus :9253'],
    ...(key === 'cluster.local' ? ['health 169.254.20.10:8080'] : []),
  ];
  return `${key}:53 {\n${lines.map((line) => `    ${line}\n`).join('')}    }\n`;
}

const toCluster = 'forward . __PILLAR__CLUSTER__DNS__ {\n            force_tcp\n    }';
const template = [
  zone('cluster.local', 'cache {\n            success 9984 30\n            denial 9984 5\n    }', toCluster),
  zone('in-addr.arpa', 'cache 30', toCluster),
  zone('ip6.arpa', 'cache 30', toCluster),
  zone('.', 'cache 30', 'forward . __PILLAR__UPSTREAM__SERVERS__'),
].join('');

test('arguments, template and ConfigMap of node-cache serve as they are, and a second one is the twin', {
  timeout: 60_000,
}, async (t) => {
  const node = await Node.make(t);
  const server = node.network.fork('test/lab/pod-process.js');
  const serve = async (one: typeof stub) => {
    server.send({ what: 'serve', ...one });
    await once(server, 'message');
  };
  for (const one of [elsewhere, stub]) await serve(one);
  const etc = mkdtempSync(join(tmpdir(), 'twindns-etc-'));
  t.after(() => rmSync(etc, { recursive: true }));
  for (const folder of ['coredns', 'kube-dns']) mkdirSync(join(etc, folder));
  // There may stand which iptables it is.
  cpSync('/etc/alternatives', join(etc, 'alternatives'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(etc, 'coredns/Corefile.base'), template);
  writeFileSync(join(etc, 'kube-dns/stubDomains'), '{"corp.example": ["127.0.0.4"]}');
  writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.3\n');
  // What the pod has besides; a kernel of tests has no interfaces of type dummy.
  const environment = ['KUBE_DNS_UPSTREAM_SERVICE_HOST=127.0.0.2', 'TWINDNS_INTERFACE_TYPE=tun'];
  const start = () =>
    node.start(
      ...['unshare', '--mount', 'sh', '-c', `mount --bind ${etc} /etc && exec "$@"`, 'sh'],
      ...['env', ...environment, ...twindns, ...published],
    );
  const first = start();
  await first.says(/127\.0\.0\.2:53.*nothing listens there.*captures nothing/);
  await serve(clusterDns);
  await first.says(/rules brought to what is wanted/);

  const listing = await node.listing();
  for (const address of ['169.254.20.10', '10.96.0.10']) {
    assert.match(listing, new RegExp(`nodelocaldns {4}inet ${address}/32`));
    const rules = listing.match(new RegExp(`-[ds] ${address}/32 .*NodeLocal DNS Cache`, 'g')) ?? [];
    assert.ok(rules.length >= 8, listing);
  }
  const ask = (name: string) => node.run(...twindns, 'query', name, 'TXT', '--server', '169.254.20.10');
  for (const [name, { text }] of [
    ['a.svc.cluster.local', clusterDns],
    ['example.com', elsewhere],
    ['a.corp.example', stub],
  ] as const)
    assert.match(await ask(name), new RegExp(text), name);
  const curl = (url: string) => node.run('curl', '--silent', url);
  assert.match(
    await curl('http://10.96.0.10:9253/metrics'),
    /^coredns_dns_requests_total\{.*zone="cluster\.local\."/m,
  );
  assert.match(await curl('http://169.254.20.10:8080/health'), /^OK/);
  assert.match(
    await curl('http://10.96.0.10:9353/metrics'),
    /^coredns_nodecache_setup_errors_total\{errortype="interface_add"\} \d/m,
  );
  assert.match(readFileSync(join(etc, 'pid'), 'utf8'), /^\d+\n$/);

  const second = start();
  await second.says(/"listening"/);
  await first.kill();
  await second.says(/twin died/);
  assert.match(await ask('b.svc.cluster.local'), /the cluster DNS/);
  await second.says(/this instance keeps the interface and the rules/);
  second.child.kill('SIGTERM');
  assert.equal((await second.ended).status, 0, second.said);
  assert.doesNotMatch(await node.listing(), /nodelocaldns|NodeLocal/);
  assert.equal(existsSync(join(etc, 'pid')), false);
});
