// former-peer — what is left of a process whose channel has ended: most such processes are dead, a few live and call again.

import type { Estate } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';

/** Milliseconds without a sign of life after which a process is as good as dead: it beats every 10 ms. */
const LOST = 1000;

export class Orphan {
  readonly estate: Estate;
  readonly pid: number;
  /** It had said that it would end. */
  readonly left: boolean;
  /** A process that speaks another protocol may read its sockets, too. */
  lent = false;

  constructor(estate: Estate, { leaving, pid }: Pick<Peer, 'leaving' | 'pid'>) {
    this.estate = estate;
    this.pid = pid;
    this.left = leaving;
  }

  /** Whether it will do nothing any more. */
  isDead(now: number): boolean {
    return this.estate.life.isGone || this.estate.silence(now) > LOST;
  }
}
