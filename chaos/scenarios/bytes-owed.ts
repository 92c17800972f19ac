// bytes-owed — one client is owed more answers than an instance has memory, and reads none of them.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const bytesOwed: Scenario = {
  ...underSiege,
  name: 'bytes-owed',
  purpose:
    'One client asks over 96 connections for 1.5 GB of answers and reads none; an instance has 256 MiB.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  connections: 40,
  async strike(stage, chance, turn) {
    await besiege(stage, chance, turn, {
      what: '96 connections with 256 questions each, unread',
      attacks: [['unread-answers', { connections: 96, questions: 256, group: 12 }]],
      ms: 6000,
      memory: 256 << 20,
    });
  },
};
