// killed-when-idle — an instance is killed after seconds in which nothing was asked, just before the first queries come.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';
import { fallAsleep } from './frozen-when-idle.ts';

/** The longest from the first query to the disaster, and from the disaster to the first query, milliseconds. */
const APART = 20;

export const killedWhenIdle: Scenario = {
  name: 'killed-when-idle',
  purpose: 'Nothing is asked for seconds, then an instance is killed just as the first queries come.',
  expects: { twindns: 'no loss' },
  times: { quick: 4, thorough: 300 },
  delay: { ms: 50, share: 0.001 },
  connections: 0,
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    await fallAsleep(stage, stage.own!);
    stage.happened(`SIGKILL ${slot}, which is idle`);
    const apart = chance.between(-APART, APART);
    if (apart < 0) stage.hush(false);
    await pause(Math.abs(apart));
    const ended = stage.end(slot, 'SIGKILL');
    await pause(Math.max(0, apart));
    stage.hush(false);
    await ended;
    await stage.start(slot);
  },
};
