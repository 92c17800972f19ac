// both-at-once — both slots roll at the same time, as when both DaemonSets are changed in one go.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const bothAtOnce: Scenario = {
  name: 'both-at-once',
  purpose: 'Both slots are told to stop at the same time, and each is started again when it has.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 6, thorough: 300 },
  async strike(stage, chance) {
    stage.happened('renew both');
    const roll = async (slot: (typeof slots)[number]) => {
      await (stage.own?.replace(slot) ?? stage.end(slot, 'SIGTERM'));
      await stage.start(slot);
    };
    const [first, then] = chance.next() < 0.5 ? slots : slots.toReversed();
    const rolled = roll(first!);
    // In the same instant, or while the other hands over, or when it is gone.
    if (chance.next() < 0.7) await pause(chance.between(0, 100));
    await Promise.all([rolled, roll(then!)]);
  },
};
