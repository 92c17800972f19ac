// admin-pipeline — one pod asks the admin ports again and again without reading what they say.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const adminPipeline: Scenario = {
  ...underSiege,
  name: 'admin-pipeline',
  purpose: 'One pod asks for /metrics and /health over 60 connections to each admin port, and reads nothing.',
  expects: { twindns: 'no loss' },
  async strike(stage, chance, turn) {
    await besiege(stage, chance, turn, {
      what: 'unread requests to the admin ports',
      attacks: [
        ['admin-connections', { connections: 60, pods: 1, manners: ['metrics', 'metrics', 'health'] }],
      ],
      ms: 6000,
      memory: 256 << 20,
    });
  },
};
