// uninstalled — both instances are told to stop, as by whatever tool removes their DaemonSets, and what they set stays.

import { goneForGood } from '../stage/gone-for-good.ts';

export const uninstalled = goneForGood({
  name: 'uninstalled',
  purpose:
    'Both instances are told to stop, the rules of iptables-legacy stay: the cluster DNS answers every query from then on.',
  signal: 'SIGTERM',
  variant: 'legacy',
});
