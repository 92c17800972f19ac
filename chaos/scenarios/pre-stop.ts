// pre-stop — both pods of a node are deleted at once, and what is to come in their place is long in coming: an image is fetched.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds until the first newcomer is there. */
const AWAY = { least: 1000, most: 4000 } as const;

export const preStop: Scenario = {
  name: 'pre-stop',
  purpose:
    'Both are told to stop as a kubelet does it, which asks first; what follows the first one is seconds away.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 4, thorough: 60 },
  async strike(stage, chance) {
    stage.happened('delete both');
    const away = chance.between(AWAY.least, AWAY.most);
    let first = true;
    const renew = async (slot: (typeof slots)[number]) => {
      await (stage.own?.replace(slot) ?? stage.end(slot, 'SIGTERM'));
      if (first) {
        first = false;
        await pause(away);
      }
      await stage.start(slot);
    };
    await Promise.all(slots.map(renew));
  },
};
