// both-dead-fails-open — with an interface and rules that go with their holders: when both instances are dead, kube-proxy
// leads clients to the cluster DNS; when the pair is back, clients reach the pair.

import { slots } from '../../src/config.ts';
import { onNode } from '../host/on-node.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';

const ADDRESS = '169.254.20.10';
const NAME = 'hit-1.chaos.example';
/** Milliseconds within which clients are answered again. */
const IN_TIME = 1000;
/** Milliseconds for which a client waits for an answer. */
const PATIENCE = 50;
/** Questions that have to be answered then. */
const ASKED = 20;

const opened = new WeakSet<Stage>();

export const bothDeadFailsOpen: Scenario = {
  name: 'both-dead-fails-open',
  purpose:
    'Both instances are killed at once: the cluster DNS answers, by the address translation of kube-proxy, until they are back.',
  expects: { twindns: 'shown' },
  times: { quick: 4, thorough: 100 },
  changes: { nodeAddress: ADDRESS, flags: ['--interface-type=tun', '--rules=nftables'] },
  intrudes: true,
  async strike(stage) {
    if (!opened.has(stage)) {
      opened.add(stage);
      await changeNode(stage, '-A', 'add');
    }
    await whole(stage);
    stage.happened('SIGKILL both');
    await Promise.all(slots.map((slot) => stage.end(slot, 'SIGKILL')));
    let unanswered = -1;
    const ms = await until(async () => {
      unanswered++;
      return isAnswered(stage);
    }, 10_000);
    if (ms === undefined) stage.failed('After the death of both the cluster DNS did not answer within 10 s.');
    else {
      stage.note(
        `After the death of both the cluster DNS answered within ${Math.round(ms)} ms; ${unanswered} questions before that were not answered.`,
      );
      if (ms > IN_TIME) stage.failed(`The cluster DNS answered only after ${Math.round(ms)} ms.`);
      for (let i = 0; i < ASKED; i++)
        if (!(await isAnswered(stage))) stage.failed('The cluster DNS answered, and then did not.');
    }
    for (const slot of slots) await stage.start(slot);
  },
  async check(stage) {
    if (!opened.has(stage)) return;
    await whole(stage);
    await changeNode(stage, '-D', 'del');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

/** What the node of a cluster has: a way out, and kube-proxy's translation of the address of the cluster DNS. */
async function changeNode({ target, own }: Stage, rule: '-A' | '-D', route: 'add' | 'del'): Promise<void> {
  await onNode('ip', ['route', route, 'default', 'dev', 'lo', 'src', '127.0.0.1']);
  for (const protocol of ['udp', 'tcp'])
    await onNode('iptables-nft', [
      ...['-t', 'nat', rule, 'OUTPUT', '-d', ADDRESS, '-p', protocol, '--dport', String(target.port)],
      ...['-j', 'DNAT', '--to-destination', `127.0.0.1:${own!.upstream.port}`],
    ]);
}

async function isAnswered(stage: Stage): Promise<boolean> {
  return (await askOnce(stage.target, NAME, PATIENCE)) === 0;
}

/** Waits until clients are answered by the pair again. */
async function whole(stage: Stage): Promise<void> {
  const rules = () => stage.own!.status('primary').then(({ node }) => node?.acting === true);
  const answersItself = async () => {
    const before = await answers(stage);
    return (await rules()) && (await isAnswered(stage)) && (await answers(stage)) > before;
  };
  if ((await until(answersItself, 5000)) === undefined)
    stage.failed('The pair was back, and did not answer clients.');
}

async function answers(stage: Stage): Promise<number> {
  const both = await Promise.all(slots.map((slot) => stage.own!.status(slot)));
  return both.reduce((sum, status) => sum + status.answers, 0);
}
