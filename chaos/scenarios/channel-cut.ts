// channel-cut — the connection between the twins ends while both live: each must take its peer for dead, and find it again.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

/** Longest time until a twin has called its peer again, and has let go of what it held before the cut. */
const AFTERWARDS = 7500;

export const channelCut: Scenario = {
  name: 'channel-cut',
  purpose: 'The channel between the twins is cut while both live; a while later one twin is killed.',
  expects: { twindns: 'no loss' },
  times: { quick: 3, thorough: 100 },
  delay: { ms: 50, share: 0.001 },
  changes: { faults: ['cut'] },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    stage.happened(`cut the channel of ${slot}`);
    stage.own!.member(slot).command('cut', 0);
    await pause(chance.between(0, AFTERWARDS)); // at any moment of what follows
    await stage.own!.met();
    const victim = chance.pick(slots);
    stage.happened(`SIGKILL ${victim}`);
    await stage.end(victim, 'SIGKILL');
    await stage.start(victim);
  },
};
