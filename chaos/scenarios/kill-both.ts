// kill-both — both instances die at once. Nothing is claimed: it shows how long clients get no answer, and what they see.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { askOnce } from '../load/ask-once.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds between questions that look for the first answer. */
const LOOK = 5;

export const killBoth: Scenario = {
  name: 'kill-both',
  purpose:
    'Both instances are killed at once and started again: how long clients get no answer, and what they see.',
  expects: { twindns: 'shown' },
  times: { quick: 4, thorough: 100 },
  async strike(stage) {
    stage.happened('SIGKILL both');
    await Promise.all(slots.map((slot) => stage.end(slot, 'SIGKILL')));
    const began = performance.now();
    const seen = new Set<string>();
    const looking = (async () => {
      for (;;) {
        const said = await askOnce(stage.target, 'hit-1.chaos.example', 1000);
        if (typeof said === 'number') return performance.now() - began;
        seen.add(said);
        await pause(LOOK);
      }
    })();
    for (const slot of slots) await stage.start(slot);
    const ms = Math.round(await looking);
    stage.note(
      `First answer ${ms} ms after both were gone; until then: ${[...seen].join(', ') || 'nothing else'}.`,
    );
  },
};
