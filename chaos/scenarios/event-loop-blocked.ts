// event-loop-blocked — an instance lives and does nothing: its sockets fill while its process looks healthy.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

const SHORTEST = 10;
const LONGEST = { quick: 1500, thorough: 30_000 };

export const eventLoopBlocked: Scenario = {
  name: 'event-loop-blocked',
  purpose: 'The event loop of an instance is kept busy for 10 ms to 30 s.',
  expects: { twindns: 'no loss', 'no-custody': 'loss' },
  times: { quick: 10, thorough: 100 },
  delay: { ms: 250, share: 0 },
  changes: { faults: ['block'] },
  intrudes: true,
  async strike(stage, chance, { index, thorough }) {
    const slot = chance.pick(slots);
    const longest = LONGEST[thorough ? 'thorough' : 'quick'];
    // The first is a long one: a run of short ones alone would show nothing.
    const ms = index === 0 ? longest : Math.round(chance.magnitude(SHORTEST, longest));
    stage.happened(`block ${slot} for ${ms} ms`);
    stage.own!.member(slot).command('block', ms);
    await pause(ms); // the disaster itself, not a wait for something
    await stage.own!.met();
  },
};
