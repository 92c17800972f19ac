// short-of-processor — other programs take a third of the processors while instances are killed and told to stop all the time.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { Attack } from '../attacks/attack.ts';
import { kinds, type Question, question } from '../load/catalogue.ts';
import type { Chance } from '../load/chance.ts';
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

// ---------------------------------------------------------------------------------------------------------------------

/** 7 in 10 for names that are asked again and again, some of them kept for 2 s; 2 in 10 for new ones that take up to 0.1 s. */
function hotAndNew(n: number, run: string, chance: Chance): Question {
  const share = chance.next();
  const domain = chance.pick(['chaos.example', 'chaos.cluster.local']);
  if (share < 0.8) {
    const kind = share < 0.5 ? 'hit' : share < 0.7 ? 'brief' : 'none';
    return question(kind, `${kind}-${chance.below(kinds[kind].names)}.${domain}`, true);
  }
  const kind = chance.pick(['miss', 'slow', 'late'] as const);
  return question(kind, `${kind}-${run}-${n}.${domain}`, true);
}
