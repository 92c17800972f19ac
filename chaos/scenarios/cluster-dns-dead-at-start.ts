// cluster-dns-dead-at-start — the cluster DNS that an instance is told does not answer: nothing is captured, and clients are
// answered by the way kube-proxy leads; as soon as it answers, the pair answers.
//
// Questions of its own count. The sockets of the load have the address that goes with the interface as their own, so they hear
// nothing while there is no interface.

import { type Slot, slots } from '../../src/config.ts';
import { onNode } from '../host/on-node.ts';
import { askOnce, askWhole } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';
import { freePorts } from '../stage/free-ports.ts';
import type { OwnStage, Stage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';
import { Upstream } from '../stage/upstream.ts';

const ADDRESS = '169.254.20.10';
/** Of the cluster, so that an instance without its cluster DNS cannot answer it. */
const NAME = 'hit-1.chaos.cluster.local';
const NOERROR = 0;
/** Milliseconds for which a client waits for an answer. */
const PATIENCE = 5000;
/** Questions that are asked while it is dead, over each transport. */
const ASKED = 20;
/** Milliseconds within which an instance that waits notices that it is there, and serves. */
const NOTICED = 8000;

const modes = ['--interface-type=tun', '--rules=nftables'];

export const clusterDnsDeadAtStart: Scenario = {
  name: 'cluster-dns-dead-at-start',
  purpose:
    'Both are started with a cluster DNS that does not answer: clients are answered past them, until it does; without that rule they are not.',
  expects: { twindns: 'shown' },
  times: { quick: 2, thorough: 20 },
  rate: 200,
  connections: 4,
  changes: { nodeAddress: ADDRESS, flags: modes },
  intrudes: true,
  async strike(stage) {
    const own = stage.own!;
    await changeNode(own, '-A', 'add');
    const [port] = await freePorts();
    const flags = [...modes, `--cluster-dns=127.0.0.1:${port}`];
    let server: Upstream | undefined;
    try {
      stage.happened('cluster DNS dead, both started');
      await startBoth(own, flags, async () => (await waiting(own)) === slots.length);
      const failed = await failures(stage);
      if (failed > 0)
        stage.failed(`While both waited, ${failed} of ${2 * ASKED} questions were not answered.`);
      server = await Upstream.start({ address: '127.0.0.1', port: port! });
      const ms = await until(async () => (await waiting(own)) === 0 && (await isWhole(own)), NOTICED);
      if (ms === undefined) stage.failed('The cluster DNS answered, and the pair did not serve within 8 s.');
      else stage.note(`The pair served ${(ms / 1000).toFixed(1)} s after the cluster DNS was there.`);
      if ((await failures(stage)) > 0) stage.failed('The pair served, and did not answer.');
      await server.stop();
      server = undefined;

      stage.happened('the same without the rule');
      await startBoth(own, [...flags, '--no-require-cluster-dns'], () => isWhole(own));
      if ((await failures(stage)) === 0)
        stage.failed('Without the rule all was answered, too: this disaster shows nothing.');
    } finally {
      await server?.stop();
      await changeNode(own, '-D', 'del');
      await endBoth(own);
      for (const slot of slots) await stage.start(slot);
    }
  },
};

// ---------------------------------------------------------------------------------------------------------------------

/** What the node of a cluster has: a way out, and kube-proxy's translation of the address of the cluster DNS. */
async function changeNode(
  { target, upstream }: OwnStage,
  rule: '-A' | '-D',
  route: 'add' | 'del',
): Promise<void> {
  await onNode('ip', ['route', route, 'default', 'dev', 'lo', 'src', '127.0.0.1']);
  for (const protocol of ['udp', 'tcp'])
    await onNode('iptables-nft', [
      ...['-t', 'nat', rule, 'OUTPUT', '-d', ADDRESS, '-p', protocol, '--dport', String(target.port)],
      ...['-j', 'DNAT', '--to-destination', `127.0.0.1:${upstream.port}`],
    ]);
}

async function endBoth(own: OwnStage): Promise<void> {
  await Promise.all(slots.map((slot) => own.end(slot, 'SIGKILL')));
}

async function startBoth(
  own: OwnStage,
  flags: readonly string[],
  begun: () => Promise<boolean>,
): Promise<void> {
  await endBoth(own);
  for (const slot of slots) own.launch(slot, { nodeAddress: ADDRESS, flags });
  if ((await until(begun, 10_000)) === undefined)
    throw new Error('The pair was not as expected within 10 s.');
}

/** How many instances wait for the cluster DNS. */
async function waiting(own: OwnStage): Promise<number> {
  const reasons = await Promise.all(slots.map((slot) => own.status(slot)));
  return reasons.filter(({ waitsForClusterDns }) => waitsForClusterDns !== null).length;
}

/** Whether both serve and the rules are there. */
async function isWhole(own: OwnStage): Promise<boolean> {
  const { listen, node } = await own.status('primary');
  const other = await own.status('secondary' satisfies Slot);
  return listen.length > 0 && other.listen.length > 0 && node?.found.rules === node?.wanted.rules;
}

/** Of questions over both transports. */
async function failures({ target }: Stage): Promise<number> {
  let failed = 0;
  for (let i = 0; i < ASKED; i++) {
    if ((await askOnce(target, NAME, PATIENCE)) !== NOERROR) failed++;
    const rcode = await askWhole(target, NAME, PATIENCE).then(
      (reply) => reply.readUInt8(3) & 15,
      () => undefined,
    );
    if (rcode !== NOERROR) failed++;
  }
  return failed;
}
