// gc-storm — the garbage collector of an instance has no rest: one long pause after the other.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const gcStorm: Scenario = {
  name: 'gc-storm',
  purpose: 'The garbage collector of an instance works without rest for up to 2 s.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 200 },
  delay: { ms: 250, share: 0.001 },
  changes: { faults: ['garbage'] },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const ms = Math.round(chance.magnitude(100, 2000));
    stage.happened(`garbage in ${slot} for ${ms} ms`);
    stage.own!.member(slot).command('garbage', ms);
    await pause(ms); // the disaster itself, not a wait for something
    await stage.own!.met();
  },
};
