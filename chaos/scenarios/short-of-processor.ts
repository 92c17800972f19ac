// short-of-processor — other programs take a third of the processors while instances are killed and told to stop all the time.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { Attack } from '../attacks/attack.ts';
import { hotAndNew } from '../load/hot-and-new.ts';
import type { Scenario } from '../scenario.ts';

const SHARE = 1 / 3;
/** Milliseconds of one run. */
const length = { quick: 10_000, thorough: 40_000 } as const;

export const shortOfProcessor: Scenario = {
  name: 'short-of-processor',
  purpose:
    'A third of the processors is taken by others; an instance is killed or told to stop every 0.5 to 2 s.',
  expects: { twindns: 'no loss', 'no-custody': 'loss over TCP' },
  times: { quick: 1, thorough: 20 },
  questions: hotAndNew,
  intrudes: true,
  async strike(stage, chance, { thorough }) {
    const ms = length[thorough ? 'thorough' : 'quick'];
    const burner = new Attack('burner', { target: stage.target, admins: [], ms, run: '', share: SHARE });
    try {
      await burner.begun;
      for (const end = performance.now() + ms; performance.now() < end; ) {
        const slot = chance.pick(slots);
        const signal = chance.pick(['SIGKILL', 'SIGTERM'] as const);
        await pause(chance.between(500, 2000));
        stage.happened(`${signal} ${slot}`);
        await stage.end(slot, signal);
        await stage.start(slot);
      }
      await burner.over;
    } finally {
      burner.stop();
    }
  },
};
