// attacks-at-once — pods do at the same time what other scenarios have them do one after the other.

import { besiege, underSiege } from '../attacks/siege.ts';
import type { Scenario } from '../scenario.ts';

export const attacksAtOnce: Scenario = {
  ...underSiege,
  name: 'attacks-at-once',
  purpose:
    'Pods leave gigabytes unread, ask silent names, and hold and hog connections to both ports, all at once.',
  expects: { twindns: 'no loss' },
  rate: 300,
  async strike(stage, chance, turn) {
    stage.mayFail = 'yes'; // the load is judged by what it hears at all, the bystanders by what they hear
    await besiege(stage, chance, turn, {
      what: 'all attacks of pods at once',
      attacks: [
        ['unread-answers', { pod: 1, connections: 48, questions: 256, group: 12 }],
        [
          'udp-questions',
          { pod: 2, kind: 'miss', names: ['mute-#.chaos.example', 'mute-#.10.in-addr.arpa'], rate: 5000 },
        ],
        ['admin-connections', { pod: 3, pods: 4, connections: 128, manners: ['silent', 'half', 'kept'] }],
        ['admin-connections', { pod: 7, pods: 1, connections: 30, manners: ['metrics', 'health'] }],
        ['tcp-pipeline', { pod: 8, connections: 50, row: 100 }],
        ['tcp-idle', { pod: 9, pods: 8, connections: 2000, rate: 200 }],
      ],
      ms: 6000,
      connections: 5,
      slower: { p99: 100, stall: 50 },
      memory: 256 << 20,
    });
  },
};
