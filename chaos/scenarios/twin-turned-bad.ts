// twin-turned-bad — a process that an attacker has is taken for a twin: it can do what twins are for, and no more.

import { readdirSync } from 'node:fs';
import { slots } from '../../src/config.ts';
import { besiege, underSiege } from '../attacks/siege.ts';
import { tricks } from '../attacks/tricks.ts';
import { onNode } from '../host/on-node.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage/stage.ts';

const ADDRESS = '169.254.20.10';
/** Addresses a hostile twin wants to have on the node. */
const foreign = /10\.96\.0\.1|169\.254\.169\.254/;
/** Descriptors that come and go with clients; and those of twins that have gone, until what came in by them is answered. */
const TRAFFIC = 60;
const PARTING = 200;

export const twinTurnedBad: Scenario = {
  ...underSiege,
  name: 'twin-turned-bad',
  purpose:
    'A hostile process is taken for a twin, and makes the most of it: DNS is served, and the node stays as it is.',
  expects: { twindns: 'no loss' },
  times: { quick: tricks.length, thorough: 20 * tricks.length },
  changes: { nodeAddress: ADDRESS, flags: ['--interface-type=tun', '--rules=nftables'], faults: ['stall'] },
  async strike(stage, chance, turn) {
    const trick = tricks[turn.index % tricks.length]!;
    const before = descriptorsOf(stage);
    const [counts] = await besiege(stage, chance, turn, {
      what: trick,
      attacks: [['hostile-twin', { trick }]],
      ms: 4000,
      memory: 256 << 20,
    });
    if (counts!['times taken for a twin'] === 0) stage.note(`Not taken for a twin: ${trick}.`);
    await stage.own!.met();
    const more = descriptorsOf(stage) - before;
    stage.measured({
      what: 'descriptors that are left',
      value: Math.max(0, more),
      unit: '',
      most: TRAFFIC + PARTING,
    });
    const node = (await onNode('ip', ['addr'])) + (await onNode('nft', ['list', 'ruleset']));
    if (foreign.test(node))
      stage.failed(`The node has an address that only the hostile twin wanted: ${trick}.`);
  },
};

function descriptorsOf({ own }: Stage): number {
  const counts = slots.map((slot) => readdirSync(`/proc/${own!.member(slot).pid}/fd`).length);
  return Math.max(...counts);
}
