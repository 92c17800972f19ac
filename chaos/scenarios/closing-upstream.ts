// closing-upstream — the cluster DNS ends each connection behind its first answer: what else was asked on it is asked again.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const closingUpstream: Scenario = {
  ...underSiege,
  name: 'closing-upstream',
  purpose:
    'The cluster DNS answers in order and closes each connection behind one answer: no question that was on it fails.',
  expects: { twindns: 'no loss' },
  rate: 100,
  async strike(stage, chance, turn) {
    const [counts] = await besiege(stage, chance, turn, {
      what: 'connections are closed behind one answer',
      attacks: [
        [
          'udp-burst',
          { kind: 'miss', domain: 'chaos.cluster.local', names: 20, clients: 1, within: 10, every: 500 },
        ],
      ],
      upstream: { inOrder: true, closes: true },
      ms: 9000,
      misses: { 'chaos.cluster.local': 20 },
      mostFailed: 0,
    });
    const failed = counts!.refused! + counts!['never answered']!;
    stage.measured({ what: 'questions asked at once that failed', value: failed, unit: '', most: 0 });
  },
};
