// both-killed-for-good — both instances are killed, and what they set stays.

import { goneForGood } from '../stage/gone-for-good.ts';

export const bothKilledForGood = goneForGood({
  name: 'both-killed-for-good',
  purpose:
    'Both instances are killed, the rules of iptables-nft stay: the cluster DNS answers every query from then on.',
  signal: 'SIGKILL',
  variant: 'nft',
});
