// tcp-hog — one pod keeps 250 connections busy with cached names; pods hold as many connections as they can.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const tcpHog: Scenario = {
  ...underSiege,
  name: 'tcp-hog',
  purpose: 'One pod pipelines cached names over 250 connections; then 16 pods hold 4,000 connections.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  times: { quick: 2, thorough: 40 },
  async strike(stage, chance, turn) {
    const others = { ms: 6000, connections: 10, memory: 256 << 20 };
    if (turn.index % 2 === 0)
      await besiege(stage, chance, turn, {
        ...others,
        what: 'cached names pipelined over 250 connections',
        attacks: [['tcp-pipeline', { connections: 250, row: 100 }]],
      });
    else
      await besiege(stage, chance, turn, {
        ...others,
        what: '4,000 connections of 16 pods',
        attacks: [['tcp-idle', { connections: 4000, pods: 16, rate: 800 }]],
      });
  },
};
