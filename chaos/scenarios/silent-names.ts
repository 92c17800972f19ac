// silent-names — one pod asks for names whose servers never answer, as many as it can, in zones of each route.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

const rate = 20_000;

export const silentNames: Scenario = {
  ...underSiege,
  name: 'silent-names',
  purpose:
    'One pod asks 20,000 names a second that no server answers, in two zones; new names of others are answered.',
  expects: { twindns: 'no loss', unbound: 'shown' },
  async strike(stage, chance, turn) {
    stage.mayFail = 'yes'; // the load is judged by what it hears at all, the bystanders by what they hear
    await besiege(stage, chance, turn, {
      what: `${rate} silent names a second`,
      attacks: [
        ['udp-questions', { kind: 'miss', names: ['mute-#.chaos.example', 'mute-#.10.in-addr.arpa'], rate }],
      ],
      ms: 8000,
      misses: { 'chaos.example': 50, 'chaos.cluster.local': 50 },
      memory: 256 << 20,
    });
  },
};
