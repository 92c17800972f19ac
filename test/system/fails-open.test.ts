// fails-open.test — when both instances are dead, pods reach the cluster DNS, and when they are back, pods are answered here again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from 'node-reuseport';
import { Cluster, clusterDns, services, upstream } from '../lab/cluster.ts';
import type { Asked } from '../lab/pod-process.ts';
import type { Program } from '../lab/program.ts';

const flags = [
  `--listen=${services.join(',')}`,
  ...['--upstream=127.0.0.1:5300', '--interface-type=tun', '--rules=nftables'],
];
/** Milliseconds until pods are answered again. */
const bound = 1000;

test('both instances killed at once: the cluster DNS answers within a second, until the pair is back', {
  timeout: 60_000,
}, async (t) => {
  const cluster = await Cluster.make(t, 'nft');
  const { node, pod } = cluster;
  const [service] = services;
  const start = async (): Promise<Program[]> => {
    const pair = [
      await node.instance('secondary', ...flags),
      await node.instance('primary', ...flags, '--leader'),
    ];
    await pair[1]!.says(/rules brought to what is wanted/);
    await answeredBy(cluster, upstream);
    return pair;
  };
  let pair = await start();
  for (let round = 0; round < 3; round++) {
    await pod.begin(service);
    const killed = monotonicMs();
    await Promise.all(pair.map((instance) => instance.kill()));
    await answeredBy(cluster, clusterDns);
    assert.deepEqual(await pod.askAll(), [clusterDns, clusterDns, clusterDns, clusterDns]);
    const restarted = monotonicMs();
    pair = await start();
    const queries = await pod.stop();
    const after = (from: number, to = Number.POSITIVE_INFINITY) =>
      queries.filter(({ at }) => at >= from && at < to);
    const lost = (some: readonly Asked[]) => some.filter(({ text }) => text === undefined);
    const open = after(killed).find(({ text }) => text === clusterDns)!;
    const gone = lost(after(killed, restarted));
    const again = after(restarted).find(({ text }) => text === upstream)!;
    t.diagnostic(
      `the cluster DNS answered ${(open.at - killed).toFixed(0)} ms after the kill; ${gone.length} of ` +
        `${after(killed, restarted).length} queries got no answer; the pair answered ${(again.at - restarted).toFixed(0)} ms ` +
        `after it was started again, and ${lost(after(restarted)).length} of ${after(restarted).length} got no answer`,
    );
    assert.ok(open.at - killed <= bound);
    assert.ok(
      gone.every(({ at }) => at < open.at),
      'lost although the cluster DNS answered already',
    );
    assert.deepEqual(lost(after(restarted)), []);
  }
});

for (const [proxy, signal] of [
  ['iptables-nft', 'SIGKILL'],
  ['iptables-legacy', 'SIGTERM'],
] as const)
  test(`${proxy}, ${signal}: what stays on the node takes no query that nobody would answer, of pods or the host`, {
    timeout: 60_000,
  }, async (t) => {
    const cluster = await Cluster.make(t, proxy);
    const { node, pod, host } = cluster;
    await node.kubelet(proxy === 'iptables-nft' ? 'nft' : 'legacy');
    for (const address of services)
      await node.run('ip', 'address', 'add', address, 'dev', 'lo', ...noProbe(address));
    const staying = [...flags.slice(0, 2), '--interface-type=none', '--rules=iptables', '--keep-interface'];
    const four = (who: string) => [who, who, who, who];
    const pair = [
      await node.instance('secondary', ...staying),
      await node.instance('primary', ...staying, '--leader'),
    ];
    for (const client of ['pod', 'host'] as const) {
      await answeredBy(cluster, upstream, client);
      assert.deepEqual(await cluster[client].askAll(), four(upstream));
    }
    await pod.begin(services[0]);
    for (const { child } of pair) child.kill(signal);
    for (const { ended } of pair) await ended;
    const over = monotonicMs();
    assert.deepEqual(await pod.askAll(), four(clusterDns));
    assert.deepEqual(await host.askAll(), four(clusterDns));
    const lost = (await pod.stop()).filter(({ at, text }) => at >= over && text === undefined);
    assert.deepEqual(lost, []);
    assert.match(await node.listing(), /-A PREROUTING -d 10\.96\.0\.10.* -m socket /);
  });

test('nor do they where the interface goes, and the rules stay', { timeout: 60_000 }, async (t) => {
  const { node, pod, host } = await Cluster.make(t, 'iptables-nft');
  await node.kubelet();
  const leader = await node.instance('primary', ...flags, '--rules=iptables', '--leader');
  await leader.says(/rules brought to what is wanted/);
  await leader.kill();
  const four = [clusterDns, clusterDns, clusterDns, clusterDns];
  assert.deepEqual(await pod.askAll(), four);
  assert.deepEqual(await host.askAll(), four);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Whether an IPv6 address is another's would be asked for a second, in which it cannot be used. */
function noProbe(address: string): string[] {
  return address.includes(':') ? ['nodad'] : [];
}

/** Resolves when the client is answered by that one. */
async function answeredBy(cluster: Cluster, who: string, client: 'pod' | 'host' = 'pod'): Promise<void> {
  const giveUp = performance.now() + 10_000;
  while ((await cluster[client].ask('udp', services[0])) !== who) {
    assert.ok(performance.now() < giveUp, `never answered by ${who}`);
    await pause(5);
  }
}
