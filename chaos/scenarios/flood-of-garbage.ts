// flood-of-garbage — an update in the middle of an attack: a newcomer has to read what it is handed over, garbage included.

import { slots } from '../../src/config.ts';
import { flood } from '../load/flood.ts';
import type { Scenario } from '../scenario.ts';

export const floodOfGarbage: Scenario = {
  name: 'flood-of-garbage',
  purpose: 'Random and hostile bytes come over UDP and TCP while both slots are replaced.',
  expects: { twindns: 'no loss' },
  times: { quick: 4, thorough: 300 },
  delay: { ms: 50, share: 0.001 },
  async strike(stage, chance) {
    const stop = flood(stage.target, chance);
    try {
      for (const slot of slots) {
        stage.happened(`garbage, renew ${slot}`);
        await stage.end(slot, 'SIGTERM');
        await stage.start(slot);
      }
    } finally {
      stop();
    }
  },
};
