// dnsperf-counts — dnsperf, which is not ours, asks while instances die in turn, and says how many of its queries were lost.

import { setTimeout as pause } from 'node:timers/promises';
import { slots } from '../../src/config.ts';
import { Dnsperf } from '../dnsperf.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds between the deaths. */
const PERIOD = 2000;
const times = { quick: 4, thorough: 29 };
const rate = { quick: 5000, thorough: 20_000 };

export const dnsperfCounts: Scenario = {
  name: 'dnsperf-counts',
  purpose: 'dnsperf asks for a minute at 20,000 queries a second while the instances die in turn every 2 s.',
  expects: { twindns: 'no loss', unbound: 'loss' },
  times,
  rate: 200,
  intrudes: true,
  async witness({ target, own }, thorough, chance) {
    const amount = thorough ? 'thorough' : 'quick';
    const seconds = (times[amount] + 1) * (PERIOD / 1000);
    return new Dnsperf({ target, folder: own!.folder, rate: rate[amount], seconds, chance });
  },
  async strike(stage, chance, { index }) {
    const slot = slots[index % 2]!;
    const signal = chance.pick(['SIGKILL', 'SIGTERM'] as const);
    await pause(PERIOD - 200); // the runner pauses, too
    stage.happened(`${signal} ${slot}`);
    await stage.end(slot, signal);
    await stage.start(slot);
  },
};
