// leader-killed — the instance that keeps the interface and the rules dies, leaves or hangs; nobody must miss either.

import type { Slot } from '../../src/config.ts';
import { NodeMonitor } from '../node-monitor.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../until.ts';

const ADDRESS = '169.254.20.10';
const ways = ['SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;
/** Milliseconds within which another one sees to them. */
const IN_TIME = 1000;

const monitors = new WeakMap<Stage, NodeMonitor>();

export const leaderKilled: Scenario = {
  name: 'leader-killed',
  purpose:
    'The leader is killed, stopped or frozen in turn; its twin keeps the interface and the rules until it is back.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 300 },
  changes: { nodeAddress: ADDRESS, flags: ['--interface-type=tun', '--rules=nftables'] },
  intrudes: true,
  async strike(stage, _chance, { index }) {
    if (!monitors.has(stage)) monitors.set(stage, new NodeMonitor('nodelocaldns', ADDRESS));
    const signal = ways[index % ways.length]!;
    stage.happened(`${signal} the leader`);
    const leader = stage.own!.member('primary');
    if (signal === 'SIGSTOP') leader.signal(signal);
    else await stage.end('primary', signal);
    await duty(stage, 'secondary', `${signal} of the leader`);
    if (signal === 'SIGSTOP') leader.signal('SIGCONT');
    else await stage.start('primary');
    await duty(stage, 'primary', 'it came back');
  },
  async check(stage) {
    const monitor = monitors.get(stage);
    if (monitor === undefined) return;
    const { looks, missing } = monitor.stop();
    stage.note(`The interface and the rules were looked for ${looks} times.`);
    if (looks < 100) stage.failed(`The interface and the rules were looked for only ${looks} times.`);
    for (const what of missing) stage.failed(what);
  },
};

/** Waits until that instance, and nobody else, sees to the interface and the rules. */
async function duty(stage: Stage, slot: Slot, when: string): Promise<void> {
  const took = await until(async () => (await stage.own!.status(slot)).node?.acting === true, 5000);
  if (took === undefined)
    stage.failed(`The ${slot} did not see to the interface and the rules after ${when}.`);
  else if (took > IN_TIME)
    stage.failed(`After ${when} the ${slot} saw to them only after ${Math.round(took)} ms.`);
}
