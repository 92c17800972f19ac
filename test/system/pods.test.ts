// pods.test — pods and the node ask a Service address that kube-proxy translates: twindns answers, and nothing is tracked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster, clusterDns, type ProxyKind, services, upstream } from '../lab/cluster.ts';
import type { Program } from '../lab/program.ts';

const listen = [`--listen=${services.join(',')}`, '--upstream=127.0.0.1:5300'];
const kinds: readonly (readonly [type: string, rules: string, proxy: ProxyKind])[] = [
  ['tun', 'nftables', 'nft'],
  ['tun', 'iptables', 'iptables-nft'],
  ['tun', 'iptables', 'iptables-legacy'],
  ['none', 'nftables', 'nft'],
];
const all = (who: string) => [who, who, who, who];

for (const [type, rules, proxy] of kinds) {
  test(`interface ${type}, rules ${rules}, kube-proxy with ${proxy}: what is asked of the Service is answered here, untracked`, {
    timeout: 60_000,
  }, async (t) => {
    const cluster = await Cluster.make(t, proxy);
    const { node, pod, host } = cluster;
    if (rules === 'iptables') await node.kubelet(proxy === 'iptables-legacy' ? 'legacy' : 'nft');
    assert.deepEqual(await pod.askAll(), all(clusterDns));
    assert.ok((await cluster.tracked()).length >= 4, 'what is translated is tracked');
    await node.run('conntrack', '--flush');
    if (type === 'none')
      for (const address of services) await node.run('ip', 'address', 'add', address, 'dev', 'lo');

    const flags = [...listen, `--interface-type=${type}`, `--rules=${rules}`];
    const secondary = await node.instance('secondary', ...flags);
    const primary = await node.instance('primary', ...flags, '--leader');
    await primary.says(/rules brought to what is wanted/);
    for (const client of [pod, host]) assert.deepEqual(await client.askAll(), all(upstream));
    assert.deepEqual(await cluster.tracked(), []);

    // The translation would win: it is the rules that keep it from what is asked.
    await end(primary);
    await end(secondary);
    const without = await node.instance('primary', ...flags, '--rules=none', '--leader');
    for (const client of [pod, host]) assert.deepEqual(await client.askAll(), all(clusterDns));
    assert.ok((await cluster.tracked()).length >= 8);
    await end(without);
  });
}

async function end(program: Program): Promise<void> {
  program.child.kill('SIGTERM');
  assert.equal((await program.ended).status, 0, program.said);
}
