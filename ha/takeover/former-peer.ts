// former-peer — what is left of a twin whose channel has ended: it is dead, as most are, or lives and will dial again.

import { isLost } from '../peers/failure-detector.ts';
import type { Holdings } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';

export class FormerPeer {
  readonly holdings: Holdings;
  readonly pid: number;
  /** It had said that it would end. */
  readonly saidGoodbye: boolean;

  constructor(holdings: Holdings, { leaving, pid }: Pick<Peer, 'leaving' | 'pid'>) {
    this.holdings = holdings;
    this.pid = pid;
    this.saidGoodbye = leaving;
  }

  /** Whether it will do nothing any more. */
  isLost(now: number): boolean {
    return isLost(this.holdings, now);
  }
}
