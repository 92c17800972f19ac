// untracked.test — DNS to the served addresses leaves no trace in connection tracking, from pods and from the host itself.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { WantedState } from '../../../ha/node/wanted-state.ts';
import type { Exchange } from '../../lab/exchange-process.ts';
import { NetworkNamespace } from '../../lab/network-namespace.ts';
import { RulesHolder } from '../../lab/rules-holder.ts';

const v4 = '169.254.20.10';
const v6 = 'fd00:10:96::a';
const wantedState: WantedState = {
  interface: { name: 'nodelocaldns', type: 'dummy' },
  rules: 'nftables',
  addresses: [v4, v6],
  port: 53,
  healthPorts: [8080],
  keep: false,
};

/** What is asked, and of it what has to leave no trace. */
const fromPods = [v4, v6].flatMap((address) => [
  { protocol: 'udp', address, port: 53 } as const,
  { protocol: 'tcp', address, port: 53 } as const,
]);
const fromHost = [
  ...fromPods,
  ...[v4, v6].map((address) => ({ protocol: 'tcp', address, port: 8080 }) as const),
];

test('with the rules nothing of it is tracked, without them all is, and other ports always are', async (t) => {
  const { pod, host, tracked, asked } = await networks(t);
  const rules = await RulesHolder.make(host, wantedState);

  const all = async () => {
    await asked(pod, fromPods);
    await asked(host, fromHost);
    return tracked();
  };
  const everything = [
    'tcp 53',
    'tcp 53',
    'tcp 53',
    'tcp 53',
    'tcp 8080',
    'tcp 8080',
    'udp 53',
    'udp 53',
    'udp 53',
    'udp 53',
  ];
  assert.deepEqual(await all(), everything);

  await rules.repair();
  assert.deepEqual(await all(), []);
  await asked(pod, [{ protocol: 'udp', address: v4, port: 54 }]);
  assert.deepEqual(await tracked(), ['udp 54']);

  await rules.tell('remove');
  assert.deepEqual(await all(), everything);

  await rules.repair();
  await rules.tell('flush');
  assert.deepEqual(await all(), everything);
  await rules.repair();
  assert.deepEqual(await all(), []);
});

// ---------------------------------------------------------------------------------------------------------------------

/** A pod and a host that tracks connections and answers at both addresses. */
async function networks(t: TestContext) {
  const [pod, host] = [await NetworkNamespace.make(t), await NetworkNamespace.make(t)];
  await host.cable(pod, [
    ['10.88.0.1/24', '10.88.0.2/24'],
    ['fd00:88::1/64', 'fd00:88::2/64'],
  ]);
  for (const address of [v4, v6]) await host.run('ip', 'address', 'add', address, 'dev', 'lo');
  await pod.run('ip', 'route', 'add', v4, 'via', '10.88.0.1');
  await pod.run('ip', '-6', 'route', 'add', v6, 'via', 'fd00:88::1');
  // Nothing is tracked in a network where no rule asks for it.
  await host.run('nft', 'add table inet firewall');
  await host.run('nft', 'add chain inet firewall input { type filter hook input priority 0; }');
  await host.run('nft', 'add rule inet firewall input ct state invalid drop');

  const server = host.fork('test/lab/exchange-process.js');
  for (const exchange of [...fromHost, { protocol: 'udp', address: v4, port: 54 } as const]) {
    await tell(server, { what: 'serve', ...exchange });
  }
  const clients = new Map(
    [pod, host].map((network) => [network, network.fork('test/lab/exchange-process.js')]),
  );
  const seen = new Set<string>();
  return {
    pod,
    host,
    async asked(network: NetworkNamespace, exchanges: readonly Omit<Exchange, 'what'>[]) {
      for (const exchange of exchanges) await tell(clients.get(network)!, { what: 'ask', ...exchange });
    },
    /** Protocol and served port of every connection with a served address that was not there the last time. */
    async tracked() {
      const lines = (await host.run('cat', '/proc/net/nf_conntrack')).split('\n');
      const begun = lines.flatMap((line) => {
        const [, protocol, ends] = firstPacket.exec(line) ?? [];
        return ends === undefined ? [] : [`${protocol} ${ends}`];
      });
      const fresh = begun.filter((one) => !seen.has(one));
      for (const one of fresh) seen.add(one);
      return fresh
        .map(servedPort)
        .filter((port) => port !== undefined)
        .sort();
    },
  };
}

/** Of a tracked connection; it may have been an answer, when the question was not tracked. Not its age, which changes. */
const firstPacket = /\b(tcp|udp)\b.*? (src=\S+ dst=\S+ sport=\d+ dport=\d+)/;

function servedPort(connection: string): string | undefined {
  const [, protocol, from, to, sport, dport] = /^(\S+) src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)$/.exec(
    connection,
  )!;
  const served = [v4, 'fd00:0010:0096:0000:0000:0000:0000:000a'];
  if (served.includes(to!)) return `${protocol} ${dport}`;
  return served.includes(from!) ? `${protocol} ${sport}` : undefined;
}

async function tell(child: ChildProcess, exchange: Exchange): Promise<void> {
  const over = new AbortController();
  const either = ['message', 'exit'].map((event) => once(child, event, { signal: over.signal }));
  child.send(exchange);
  const [said] = await Promise.race(either);
  over.abort();
  await Promise.allSettled(either);
  assert.equal(said, 'done', `${JSON.stringify(exchange)} has failed`);
}
