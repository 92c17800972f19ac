// freeze — an instance is stopped for a while and goes on: a debugger, a starved container, a machine that pages.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

const SHORTEST = 10;
const LONGEST = { quick: 1500, thorough: 30_000 };

export const freeze: Scenario = {
  name: 'freeze',
  purpose: 'An instance is stopped for 10 ms to 30 s, then goes on as if nothing had been.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 12, thorough: 100 },
  delay: { ms: 250, share: 0 },
  intrudes: true,
  async strike(stage, chance, { index, thorough }) {
    const slot = chance.pick(slots);
    const longest = LONGEST[thorough ? 'thorough' : 'quick'];
    // The first is a long one: a run of short ones alone would show nothing.
    const ms = index === 0 ? longest : Math.round(chance.magnitude(SHORTEST, longest));
    const member = stage.own!.member(slot);
    stage.happened(`freeze ${slot} for ${ms} ms`);
    member.signal('SIGSTOP');
    await pause(ms); // the disaster itself, not a wait for something
    member.signal('SIGCONT');
    await stage.own!.met();
  },
};
