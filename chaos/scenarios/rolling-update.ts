// rolling-update — both slots in turn are told to stop and come back in another version, as the DaemonSets' roll-out does.

import { slots } from '../../src/config.ts';
import type { Scenario } from '../scenario.ts';
import { otherVersion } from '../stage/editions.ts';

export const rollingUpdate: Scenario = {
  name: 'rolling-update',
  purpose: 'Both slots in turn are replaced by another version, told to stop by SIGTERM.',
  // An instance that leaves in good order answers what has come over UDP, even without a twin; connections it can only end.
  expects: { twindns: 'no loss', 'no-custody': 'loss over TCP', unbound: 'loss' },
  times: { quick: 10, thorough: 500 },
  delay: { ms: 50, share: 0.001 },
  async strike(stage, chance) {
    const another = stage.folder !== undefined && stage.subject === 'twindns' && chance.next() < 0.5;
    const changes = another ? { edition: otherVersion } : undefined;
    for (const slot of slots) {
      stage.happened(`${changes === undefined ? 'renew' : 'update'} ${slot}`);
      await stage.end(slot, 'SIGTERM');
      await stage.start(slot, changes);
    }
  },
};
