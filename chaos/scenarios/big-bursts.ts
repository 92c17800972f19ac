// big-bursts — thousands of clients wait for the same answers: three of 60 KB, and a small answer that takes its server long.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const bigBursts: Scenario = {
  ...underSiege,
  name: 'big-bursts',
  purpose:
    'Clients wait, 3 × 990 for an answer of 60 KB, 2,240 for one cold name: each gets an answer, others in time.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  async strike(stage, chance, turn) {
    const every = 1500;
    const counts = await besiege(stage, chance, turn, {
      what: 'bursts of thousands of clients',
      attacks: [
        ['udp-burst', { kind: 'lump', names: 3, clients: 990, within: 200, every }],
        ['udp-burst', { kind: 'tardy', names: 1, clients: 2240, within: 300, every }],
      ],
      ms: 9000,
      memory: 256 << 20,
    });
    const never = Math.max(...counts.map((count) => count['never answered']!));
    stage.measured({ what: 'questions of a burst never answered', value: never, unit: '', most: 0 });
  },
};
