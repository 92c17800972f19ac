// looks — when an instance beats and looks at its twin: each BEAT_EVERY while either has something in hand, and not at all while
// both rest. What comes then wakes it; it looks once a second all the same, with what it does each second anyway.

import type { FirstSign } from '../peers/first-sign.ts';
import type { FormerPeer, Peer } from '../peers/peer.ts';
import { BEAT_EVERY } from '../timing.ts';

export class Looks {
  readonly #look: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #stopped = true;

  /** @param look returns whether there is nothing to be seen until it is woken */
  constructor(look: () => boolean) {
    this.#look = look;
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
    if (this.#stopped) return;
    this.#timer ??= setInterval(() => {
      if (this.#look()) this.#sleep();
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

/** Whether the twin rests, and its first sign is waited for: that is done before it is looked at for the last time. */
export function othersRest(
  peer: Peer | undefined,
  former: Iterable<FormerPeer>,
  firstSign: FirstSign,
  now: number,
): boolean {
  for (const { isOver } of former) if (!isOver) return false;
  if (peer === undefined) return true;
  return peer.rests(now) && firstSign.await(peer.holdings!) && peer.rests(now);
}
