// slow-cluster-name — the cluster DNS answers the questions of a connection in order, and one takes it long, or for ever.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const slowClusterName: Scenario = {
  ...underSiege,
  name: 'slow-cluster-name',
  purpose:
    'A cluster DNS that answers in order takes 1.5 s for a name, then for ever: names beside it are answered.',
  expects: { twindns: 'no loss' },
  times: { quick: 2, thorough: 40 },
  rate: 200,
  async strike(stage, chance, turn) {
    const kind = turn.index % 2 === 0 ? 'tardy' : 'mute';
    stage.mayFail = 'yes'; // what stands behind the slow name is judged by what bystanders hear
    const [counts] = await besiege(stage, chance, turn, {
      what: kind === 'tardy' ? 'a name takes 1.5 s' : 'a name is never answered',
      attacks: [['udp-questions', { kind, names: [`${kind}-#.chaos.cluster.local`], rate: 1, tail: 4500 }]],
      upstream: { inOrder: true },
      ms: 9500,
      misses: { 'chaos.cluster.local': 40 },
      slowest: 200,
      mostFailed: 0,
    });
    const unanswered = counts!['questions sent']! - counts!.answered!;
    if (kind === 'tardy')
      stage.measured({ what: 'slow names that were not answered', value: unanswered, unit: '', most: 0 });
  },
};
