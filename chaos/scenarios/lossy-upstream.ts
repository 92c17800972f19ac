// lossy-upstream — datagrams to and from two upstreams are lost: what is asked again in time is answered.

import { setTimeout as pause } from 'node:timers/promises';
import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

/** Of the datagrams each way, so that 30 % of the exchanges come to nothing. */
const loss = 0.16;

export const lossyUpstream: Scenario = {
  ...underSiege,
  name: 'lossy-upstream',
  purpose:
    'Two upstreams lose datagrams both ways, so that 30 % of the exchanges fail: 99 % of new names are answered.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  rate: 200,
  changes: { faults: ['stall'], upstreams: 2 },
  async strike(stage, chance, turn) {
    stage.mayFail = 'yes'; // a name of which each datagram is lost cannot be answered otherwise
    await besiege(stage, chance, turn, {
      what: '30 % of the exchanges are lost',
      attacks: [],
      upstream: { loss },
      ms: 8000,
      misses: { 'chaos.example': 50 },
    });
    await pause(4000); // what was asked in this time may be given up as late as this
  },
};
