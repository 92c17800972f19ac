// surge — the new instance of a slot starts before the old one is told to stop: it waits for the slot, and owns nothing until then.

import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

export const surge: Scenario = {
  name: 'surge',
  purpose: 'A standby is started for a slot before the instance that has it is told to stop.',
  expects: { twindns: 'no loss' },
  times: { quick: 6, thorough: 500 },
  delay: { ms: 50, share: 0.001 },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const old = stage.own!.member(slot);
    stage.happened(`a second ${slot}`);
    const next = stage.own!.launch(slot);
    await next.says(/another process has this slot/);
    stage.happened(`SIGTERM the old ${slot}`);
    await old.end('SIGTERM');
    await next.serves;
    await stage.own!.met();
  },
};
