// channel-squatted — another user lies in wait for the moment in which the places where twins meet are free: at an update.

import { slots } from '../../src/config.ts';
import { Attack } from '../attacks/attack.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds the squatter stays at most: as long as the twins look for each other in vain, three times. */
const STAY = 30_000;

export const channelSquatted: Scenario = {
  name: 'channel-squatted',
  purpose:
    'Another user takes what names of the channel it can while both are replaced; then one twin is killed.',
  expects: { twindns: 'no loss' },
  times: { quick: 2, thorough: 100 },
  rate: 1000,
  connections: 50,
  delay: { ms: 250, share: 0.001 },
  intrudes: true,
  async strike(stage, chance) {
    const { target } = stage;
    const squatter = new Attack('squatter', { target, admins: [], ms: STAY, run: '' });
    try {
      await squatter.begun;
      for (const slot of slots) {
        stage.happened(`squatted, renew ${slot}`);
        await stage.end(slot, 'SIGTERM');
        await stage.start(slot);
      }
      const slot = chance.pick(slots);
      stage.happened(`squatted, SIGKILL ${slot}`);
      await stage.end(slot, 'SIGKILL');
      await stage.start(slot);
    } finally {
      squatter.stop();
    }
    await stage.own!.met();
  },
};
