// looks — when an instance beats and looks at its twin: each BEAT_EVERY while either has something in hand, and not at all while
// both rest. What comes then wakes it; it looks once a second all the same, with what it does each second anyway.

import type { FirstSign } from '../peers/first-sign.ts';
import type { FormerPeer, Peer } from '../peers/peer.ts';
import { BEAT_EVERY, RESTS_AFTER } from '../timing.ts';

export class Looks {
  readonly #look: () => boolean;
  readonly #mayRest: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  /** Looks in a row at which there was nothing to see. */
  #quiet = 0;
  #stopped = true;

  /** @param look returns whether there was nothing to be seen  @param mayRest sees to it that what comes wakes it; false: it cannot */
  constructor(look: () => boolean, mayRest: () => boolean) {
    this.#look = look;
    this.#mayRest = mayRest;
  }

  get areAwake(): boolean {
    return this.#timer !== undefined;
  }

  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Looks on from now on. */
  wake(): void {
    if (this.#stopped || this.areAwake) return;
    this.#quiet = 0;
    this.#timer = setInterval(() => {
      this.#quiet = this.#look() ? this.#quiet + 1 : 0;
      if (this.#quiet * BEAT_EVERY >= RESTS_AFTER && this.#mayRest()) this.#sleep();
    }, BEAT_EVERY);
  }

  /** Something has come: looks at once, and on. */
  wakeNow(): void {
    if (this.#stopped || this.areAwake) return;
    this.wake();
    this.#look(); // it may not sleep at once: what it was woken by may be there for good
  }

  /** One look while it sleeps. */
  once(): void {
    if (!this.#stopped && !this.areAwake && !this.#look()) this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#sleep();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #sleep(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** Whether there is nothing to be seen of the twin, or of those before it. */
export function othersRest(peer: Peer | undefined, former: Iterable<FormerPeer>, now: number): boolean {
  for (const { isOver } of former) if (!isOver) return false;
  return peer === undefined || (peer.rests(now) && peer.isUnasked);
}

/** Waits for the first sign of the twin, if it still rests: that is looked at when nothing can be missed any more. */
export function awaitSign(peer: Peer | undefined, firstSign: FirstSign, now: number): boolean {
  return peer === undefined || (firstSign.await(peer.holdings!) && peer.rests(now));
}
