// leader-killed — the instance that keeps the interface and the rules dies, leaves, hangs or is updated; neither may be
// missing for a moment.

import type { Slot } from '../../src/config.ts';
import { NodeMonitor } from '../host/node-monitor.ts';
import type { Scenario } from '../scenario.ts';
import { otherVersion } from '../stage/editions.ts';
import type { Stage } from '../stage/stage.ts';
import { until } from '../stage/until.ts';

const ADDRESS = '169.254.20.10';
const ways = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'update'] as const;
/** Milliseconds within which the other instance sees to them. */
const IN_TIME = 1000;

const monitors = new WeakMap<Stage, NodeMonitor>();

const changes = { nodeAddress: ADDRESS, flags: ['--interface-type=tun', '--rules=nftables'] };

export const leaderKilled: Scenario = {
  name: 'leader-killed',
  purpose:
    'The leader is killed, stopped, frozen, updated in turn; its twin keeps the interface and the rules until it is back.',
  expects: { twindns: 'no loss' },
  times: { quick: 8, thorough: 300 },
  changes,
  intrudes: true,
  async strike(stage, _chance, { index }) {
    if (!monitors.has(stage)) monitors.set(stage, new NodeMonitor('nodelocaldns', ADDRESS));
    const way = ways[index % ways.length]!;
    stage.happened(`${way} of the leader`);
    const leader = stage.own!.member('primary');
    if (way === 'SIGSTOP') leader.signal(way);
    else await stage.end('primary', way === 'update' ? 'SIGTERM' : way);
    await actsNow(stage, 'secondary', `${way} of the leader`);
    if (way === 'SIGSTOP') leader.signal('SIGCONT');
    else if (way === 'update') await stage.start('primary', { ...changes, edition: otherVersion });
    else await stage.start('primary');
    await actsNow(stage, 'primary', 'it came back');
  },
  async check(stage) {
    const monitor = monitors.get(stage);
    if (monitor === undefined) return;
    const { looks, missing } = await monitor.stop();
    stage.note(`The interface and the rules were looked for ${looks} times.`);
    if (looks < 100) stage.failed(`The interface and the rules were looked for only ${looks} times.`);
    for (const what of missing) stage.failed(what);
  },
};

/** Waits until that instance sees to the interface and the rules. */
async function actsNow(stage: Stage, slot: Slot, when: string): Promise<void> {
  const took = await until(async () => (await stage.own!.status(slot)).node?.acting === true, 5000);
  if (took === undefined)
    stage.failed(`The ${slot} did not see to the interface and the rules after ${when}.`);
  else if (took > IN_TIME)
    stage.failed(`After ${when} the ${slot} saw to them only after ${Math.round(took)} ms.`);
}
