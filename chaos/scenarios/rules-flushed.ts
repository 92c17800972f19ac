// rules-flushed — iptables is flushed by hand: answers go on, and the rules are back as soon as the kernel has told of it.

import { setTimeout as pause } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { NodeRules } from '../stage/node-rules.ts';
import type { Stage } from '../stage/stage.ts';

/** Milliseconds within which they are back, on a machine that has no time left; the interval of a minute plays no part. */
const IN_TIME = 2000;
/** Milliseconds: an instance does not look again within a second of a repair. */
const CALM = 1300;

const begun = new WeakMap<Stage, NodeRules>();

export const rulesFlushed: Scenario = {
  name: 'rules-flushed',
  purpose: 'All rules of iptables are flushed, in its nft variant; the legacy one is in xtables-locked.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 100 },
  changes: { nodeAddress: '169.254.20.10', flags: ['--interface-type=tun', '--rules=iptables'] },
  intrudes: true,
  async strike(stage) {
    if (!begun.has(stage)) {
      begun.set(stage, new NodeRules(stage.own!, 'nft'));
      await begun.get(stage)!.begin();
    }
    const rules = begun.get(stage)!;
    await pause(CALM);
    stage.happened('iptables -F');
    await rules.flush();
    const ms = await rules.repaired(5000);
    if (ms === undefined) return stage.failed('After a flush the rules did not come back.');
    stage.note(`After a flush the rules were back within ${Math.round(ms)} ms.`);
    if (ms > IN_TIME) stage.failed(`After a flush the rules were back only after ${Math.round(ms)} ms.`);
  },
  async check(stage) {
    await begun.get(stage)?.end();
  },
};
