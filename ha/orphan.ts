// orphan — what is left of a process whose channel has ended: most such processes are dead, a few live and call again.
//
// A process that closes its channel while it lives says farewell before. So an end without one is its death: the kernel closes
// what a process has open when none of its code runs any more. Only somebody who meddles with a living one's channel can
// make it look so, and then its heart beats on.

import { BEAT } from '../src/listen/journal.ts';
import type { Estate } from './estate.ts';
import { isGone } from './inherit.ts';
import type { Peer } from './peer.ts';

/** Milliseconds without a sign of life after which one that cannot be seen is dead: it beats every 10 ms. */
const QUIET = 30;
/** The same where the end of the channel proves nothing. */
const LOST = 1000;

export class Orphan {
  readonly estate: Estate;
  readonly pid: number;
  readonly visiblePid: number;
  /** It had said that it would end. */
  readonly left: boolean;
  /** Of the connection that had to be left at first, because it might be touched still; -1: none. */
  leftRecord = -1;
  readonly #lastBeat: number;
  /** The end of the channel is no proof of its death. */
  #mayLive: boolean;

  constructor(
    estate: Estate,
    { leaving, pid, visiblePid, channel }: Pick<Peer, 'leaving' | 'pid' | 'visiblePid' | 'channel'>,
  ) {
    this.estate = estate;
    this.pid = pid;
    this.visiblePid = visiblePid;
    this.left = leaving;
    this.#lastBeat = estate.word(BEAT);
    this.#mayLive = visiblePid > 0 || channel.parted;
  }

  /** Whether it will do nothing any more. */
  isDead(now: number): boolean {
    this.#mayLive ||= this.estate.word(BEAT) !== this.#lastBeat;
    return isGone(this.visiblePid) || this.estate.silence(now) > (this.#mayLive ? LOST : QUIET);
  }
}
