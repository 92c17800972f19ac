// hot-and-new — questions as a busy node has them: most for names that are asked again and again, the rest for new ones.

import { kinds, type Question, question } from './catalogue.ts';
import type { Chance } from './chance.ts';

/** 8 in 10 for names that are asked again and again, some of them kept for 2 s; 2 in 10 for new ones that take up to 0.1 s. */
export function hotAndNew(n: number, run: string, chance: Chance): Question {
  const share = chance.next();
  const domain = chance.pick(['chaos.example', 'chaos.cluster.local']);
  if (share < 0.8) {
    const kind = share < 0.5 ? 'hit' : share < 0.7 ? 'brief' : 'none';
    return question(kind, `${kind}-${chance.below(kinds[kind].names)}.${domain}`, true);
  }
  const kind = chance.pick(['miss', 'slow', 'late'] as const);
  return question(kind, `${kind}-${run}-${n}.${domain}`, true);
}
