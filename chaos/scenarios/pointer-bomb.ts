// pointer-bomb — a hostile server answers with 64 KiB of names that are pointers to pointers.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const pointerBomb: Scenario = {
  ...underSiege,
  name: 'pointer-bomb',
  purpose:
    'A hostile server answers 20 names a second with pointers to pointers; each takes no longer than others.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  async strike(stage, chance, turn) {
    await besiege(stage, chance, turn, {
      what: '20 pointer bombs a second',
      attacks: [['udp-questions', { kind: 'bomb', names: ['bomb-#.chaos.example'], rate: 20 }]],
      ms: 5000,
    });
  },
};
