// admin-idle — pods hold all connections to the admin ports they can get, and say nothing, or half of something.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const adminIdle: Scenario = {
  ...underSiege,
  name: 'admin-idle',
  purpose:
    'Pods hold 256 connections to each admin port, silent or with half a request; probes are answered.',
  expects: { twindns: 'no loss' },
  async strike(stage, chance, turn) {
    await besiege(stage, chance, turn, {
      what: 'idle connections to the admin ports',
      attacks: [['admin-connections', { connections: 256, pods: 8, manners: ['silent', 'half', 'kept'] }]],
      ms: 6000,
    });
  },
};
