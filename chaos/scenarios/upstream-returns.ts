// upstream-returns — an upstream that was away is used again as soon as it is back, also by an instance started meanwhile.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds after which every instance has to use it again: a probe comes each half second. */
const FORGIVEN = 1500;

/** Milliseconds in which queries that were sent before have their answers. */
const LEAD = 400;

export const upstreamReturns: Scenario = {
  name: 'upstream-returns',
  purpose:
    'The upstream is back after a silence in which an instance was killed: 1.5 s later no new name fails.',
  expects: { twindns: 'no loss' },
  times: { quick: 3, thorough: 100 },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    stage.mayFail = 'yes'; // a new name cannot be answered otherwise
    await pause(LEAD);
    stage.own!.upstream.behave({ silent: true });
    await pause(chance.between(500, 2500)); // the disaster itself, not a wait for something
    stage.happened(`SIGKILL ${slot}, upstream silent`);
    await stage.end(slot, 'SIGKILL');
    await stage.start(slot);
    stage.happened('upstream back');
    stage.own!.upstream.behave();
    await pause(FORGIVEN);
    stage.mayFail = 'if asked before'; // a failure is remembered for longer than this scenario waits
    await pause(500); // in which it shows
  },
};
