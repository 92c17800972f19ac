// kill-the-taker — an instance is stopped long enough for its twin to take its work over, and the taker is killed meanwhile.

import { setTimeout as pause } from 'node:timers/promises';
import { otherSlot, slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds after which the kill comes: before, during and after the takeover, which is at 100 to 150. */
const EARLIEST = 90;
const LATEST = 160;
/** Milliseconds behind the kill for which both are away, at most. */
const LONGEST = 60;

export const killTheTaker: Scenario = {
  name: 'kill-the-taker',
  purpose: 'An instance is stopped, and its twin is killed while it takes over; then the first goes on.',
  expects: { twindns: 'no loss', 'no-custody': 'loss', unbound: 'loss' },
  times: { quick: 20, thorough: 500 },
  delay: { ms: 500, share: 0 },
  intrudes: true,
  async strike(stage, chance) {
    const slot = chance.pick(slots);
    const other = otherSlot(slot);
    const stopped = stage.own!.member(slot);
    const ms = Math.round(chance.between(EARLIEST, LATEST));
    stage.happened(`stop ${slot}, SIGKILL ${other} after ${ms} ms`);
    stopped.signal('SIGSTOP');
    await pause(ms); // these are the disaster itself, not a wait for something
    const killed = stage.end(other, 'SIGKILL');
    await pause(chance.between(0, LONGEST));
    stopped.signal('SIGCONT');
    await killed;
    await stage.start(other);
  },
};
