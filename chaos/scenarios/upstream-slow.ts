// upstream-slow — many queries wait for a slow upstream when the instance that asked it is killed.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const upstreamSlow: Scenario = {
  name: 'upstream-slow',
  purpose: 'The upstream takes 0.2 to 0.7 s for each answer while an instance is killed.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 6, thorough: 300 },
  intrudes: true,
  async strike(stage, chance) {
    const extraDelay = Math.round(chance.between(200, 700));
    const slot = chance.pick(slots);
    stage.own!.upstream.behave({ extraDelay });
    await pause(chance.between(0, extraDelay)); // until some questions wait, at a random one of their moments
    stage.happened(`SIGKILL ${slot}, upstream ${extraDelay} ms late`);
    await stage.end(slot, 'SIGKILL');
    await stage.start(slot);
    stage.own!.upstream.behave();
  },
};
