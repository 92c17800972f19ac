// both-at-once — nothing is claimed of it: both slots roll at the same time, as when both DaemonSets are changed in one go.

import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const bothAtOnce: Scenario = {
  name: 'both-at-once',
  purpose: 'Both slots are replaced at the same time: what the order of a rolling update is there to save.',
  expects: { twindns: 'shown' },
  times: { quick: 3, thorough: 50 },
  async strike(stage) {
    stage.happened('renew both');
    await Promise.all(slots.map((slot) => stage.end(slot, 'SIGTERM')));
    await Promise.all(slots.map((slot) => stage.start(slot)));
  },
};
