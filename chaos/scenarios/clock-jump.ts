// clock-jump — the wall clock steps by hours, forwards and back: nothing may be timed by it.

import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

const HOUR = 3_600_000;

export const clockJump: Scenario = {
  name: 'clock-jump',
  purpose: 'The clock of one instance steps by hours, forwards and back.',
  expects: { twindns: 'no loss' },
  times: { quick: 20, thorough: 500 },
  delay: { ms: 50, share: 0.001 },
  changes: { faults: ['clock'] },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const hours = chance.pick([-48, -5, -1, 1, 5, 48]);
    stage.happened(`clock of ${slot} ${hours > 0 ? '+' : ''}${hours} h`);
    stage.own!.member(slot).command('clock', hours * HOUR);
    await stage.own!.met();
  },
};
