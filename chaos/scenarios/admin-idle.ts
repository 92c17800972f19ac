// admin-idle — pods hold all connections to the admin ports they can get, and say nothing, or half of something.

import { besiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const adminIdle: Scenario = {
  name: 'admin-idle',
  purpose:
    'Pods hold 256 connections to each admin port, silent or with half a request; probes are answered.',
  expects: { twindns: 'no loss' },
  times: { quick: 1, thorough: 20 },
  rate: 500,
  connections: 20,
  changes: { faults: ['stall'] },
  attack: true,
  intrudes: true,
  async strike(stage, chance, turn) {
    await besiege(stage, chance, turn, {
      what: 'idle connections to the admin ports',
      attacks: [['admin-connections', { connections: 256, pods: 8, manners: ['silent', 'half', 'kept'] }]],
      ms: 6000,
    });
  },
};
