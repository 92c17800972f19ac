// frozen-when-idle — an instance is stopped after seconds in which nothing was asked: nothing looks at it then, and the first
// queries show that it hangs.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { activityOf } from '../host/wakeups.ts';
import type { Scenario } from '../scenario.ts';
import type { OwnStage, Stage } from '../stage/stage.ts';

/** Milliseconds without a query: what newcomers and those that were stopped are helped for is over by then. */
const IDLE = 2500;
/** Of which so many are watched, and this is the most an instance may wake up meanwhile that sleeps. */
const WATCHED = 1000;
const SLEEPER = 20;
/** The longest from the disaster to the first query; mostly none. */
const FIRST = 500;
const FROZEN = 1500;

export const frozenWhenIdle: Scenario = {
  name: 'frozen-when-idle',
  purpose: 'Nothing is asked for seconds, then an instance is stopped, and then the first queries come.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 4, thorough: 100 },
  delay: { ms: 250, share: 0 },
  connections: 0,
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    await fallAsleep(stage, stage.own!);
    const member = stage.own!.member(slot);
    stage.happened(`freeze ${slot}, which is idle`);
    member.signal('SIGSTOP');
    await pause(Math.max(0, chance.between(-FIRST, FIRST)));
    stage.hush(false);
    await pause(FROZEN);
    member.signal('SIGCONT');
    await stage.own!.met();
  },
};

/** Lets nothing be asked until both sleep; says so where one does not. The load is hushed from then on. */
export async function fallAsleep(
  stage: Pick<Stage, 'hush' | 'failed' | 'subject'>,
  own: OwnStage,
): Promise<void> {
  stage.hush(true);
  await pause(IDLE - WATCHED);
  const wakeups = () => slots.map((slot) => activityOf(own.member(slot).pid).wakeups);
  const before = wakeups();
  await pause(WATCHED);
  if (stage.subject !== 'twindns') return;
  for (const [i, count] of wakeups().entries()) {
    if (count - before[i]! <= SLEEPER) continue;
    const { inFlight, tcpConnections } = await own.status(slots[i]!);
    stage.failed(
      `The ${slots[i]} was asked nothing and woke up ${count - before[i]!} times in a second, with ${inFlight} questions and ${tcpConnections} connections open.`,
    );
  }
}
