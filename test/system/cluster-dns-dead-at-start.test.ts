// cluster-dns-dead-at-start.test — nothing is captured before it can be answered: pods reach the cluster DNS by kube-proxy while
// an instance waits for it, and the instance as soon as it need not wait any more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster, clusterDns, services, upstream } from '../lab/cluster.ts';
import { freePort } from '../lab/free-port.ts';
import { startInstance } from '../lab/instance.ts';
import { twindns } from '../lab/program.ts';

const flags = [
  `--listen=${services.join(',')}`,
  ...[
    '--upstream=127.0.0.1:5300',
    '--cluster-dns=127.0.0.1:5301',
    '--interface-type=tun',
    '--rules=nftables',
  ],
];
const all = (who: string) => [who, who, who, who];

test('both wait, and pods are answered; when the cluster DNS is there, both serve', {
  timeout: 60_000,
}, async (t) => {
  const cluster = await Cluster.make(t, 'nft');
  const { node, pod } = cluster;
  const pair = [node.launch('secondary', ...flags), node.launch('primary', ...flags, '--leader')];
  for (const instance of pair) {
    await instance.says(/127\.0\.0\.1:5301.*nothing listens there.*captures nothing and is not ready/);
    assert.doesNotMatch(instance.said, /"listening"/);
  }
  await pod.begin(services[0]);
  assert.deepEqual(await pod.askAll(), all(clusterDns));
  assert.doesNotMatch(await node.listing(), /nodelocaldns|table inet twindns/);
  const curl = (...args: string[]) => node.run('curl', '--silent', ...args);
  const ready = await curl('--write-out', '%{http_code}', 'http://127.0.0.1:9253/ready');
  assert.match(ready, /^This instance takes no query before the cluster DNS has answered: .*\n503$/);
  assert.match(await curl('http://127.0.0.1:9254/health'), /^OK/);
  assert.match(await curl('http://127.0.0.1:9253/metrics'), /\ntwindns_waits_for_cluster_dns 1\n/);
  const shown = await node.end(...twindns, 'status');
  assert.equal(shown.status, 1);
  assert.match(
    shown.stdout,
    /\nfailing {2}the primary takes no query before .*\n.*\nfailing {2}the secondary takes no query before .*nothing listens there\n/,
  );
  assert.match(JSON.parse(await curl('http://127.0.0.1:9254/status')).waitsForClusterDns, /nothing listens/);

  // A process that is told to stop while it waits ends at once, and the next one goes on waiting.
  pair[1]!.child.kill('SIGTERM');
  assert.equal((await pair[1]!.ended).status, 0, pair[1]!.said);
  pair[1] = node.launch('primary', ...flags, '--leader');
  await pair[1].says(/captures nothing/);

  await cluster.serve(5301, 'the cluster DNS of twindns');
  for (const instance of pair) {
    await instance.says(/has answered: this instance goes on|the twin serves: this instance goes on/);
    await instance.says(/"listening"/);
  }
  await answeredBy(cluster, upstream);
  const lost = (await pod.stop()).filter(({ text }) => text === undefined);
  assert.deepEqual(lost, []);
  assert.match(await curl('http://127.0.0.1:9253/metrics'), /\ntwindns_waits_for_cluster_dns 0\n/);
});

test('where it is not required, and with a twin that serves, an instance serves whatever the cluster DNS does', {
  timeout: 30_000,
}, async (t) => {
  const args = [
    `--port=${await freePort()}`,
    `--cluster-dns=127.0.0.1:${await freePort()}`,
    '--upstream=192.0.2.1',
  ];
  const first = await startInstance(t, [...args, '--slot=primary', '--no-require-cluster-dns']);
  assert.doesNotMatch(first.program.said, /captures nothing/);
  await startInstance(t, [...args, '--slot=secondary']);
});

/** Resolves when the pod is answered by that one. */
async function answeredBy({ pod }: Cluster, who: string): Promise<void> {
  const giveUp = performance.now() + 10_000;
  while ((await pod.ask('udp', services[0])) !== who)
    assert.ok(performance.now() < giveUp, `never answered by ${who}`);
}
