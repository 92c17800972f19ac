// upstream-silent — the upstream says nothing for seconds: each question gets an answer all the same, if only a failure.

import { setTimeout as pause } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

/** Milliseconds after which an instance gives a question up and answers with a failure. */
const GIVEN_UP = 4000;

/** Milliseconds in which queries that were sent before have their answers. */
const LEAD = 400;

export const upstreamSilent: Scenario = {
  name: 'upstream-silent',
  purpose: 'The upstream is silent for up to 6 s; a stale answer or SERVFAIL within 4 s is right.',
  expects: { twindns: 'no loss' },
  times: { quick: 2, thorough: 100 },
  delay: { ms: GIVEN_UP + 500, share: 0 },
  intrudes: true,
  async strike(stage, chance) {
    const ms = Math.round(chance.between(1000, 6000));
    stage.happened(`upstream silent for ${ms} ms`);
    stage.mayFail = 'yes'; // a new name cannot be answered otherwise
    await pause(LEAD);
    stage.own!.upstream.behave({ silent: true });
    await pause(ms); // the disaster itself, not a wait for something
    stage.own!.upstream.behave();
    await pause(GIVEN_UP + 500); // a question of the silence may be given up as late as this
    stage.mayFail = 'if asked before'; // a failure is remembered for longer than this scenario waits
  },
};
