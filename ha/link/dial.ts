// dial — our call to the twin, until it is answered; and which of two calls counts when they cross.

import { otherSlot, type Slot } from '../../src/config.ts';
import { ownSlowness } from '../../src/slowness.ts';
import { WELCOME_AT_MOST } from '../timing.ts';
import type { Channel } from './channel.ts';
import type { Rendezvous } from './rendezvous.ts';
import type { Sender } from './sender.ts';

export class Dial {
  readonly #rendezvous: Rendezvous;
  readonly #slot: Slot;
  readonly #sender: Sender;
  #channel: Channel | undefined;

  constructor(rendezvous: Rendezvous, slot: Slot, sender: Sender) {
    this.#rendezvous = rendezvous;
    this.#slot = slot;
    this.#sender = sender;
  }

  /** Dials the twin; an earlier call is given up. False: there is none. */
  place(): boolean {
    const channel = this.#rendezvous.dial(otherSlot(this.#slot));
    if (channel === undefined) return false;
    this.stop();
    this.#channel = channel;
    return this.#sender.tell(channel, 'join');
  }

  /** It was answered, or has ended; whether it was ours. */
  over(channel: Channel): boolean {
    const isOurs = this.#channel === channel;
    if (isOurs) this.#channel = undefined;
    return isOurs;
  }

  /** False for a caller that we are dialling, too, when our call is the one that counts; else ours is given up. */
  givesWayTo(caller: Channel): boolean {
    if (this.#channel === undefined || this.#channel.pid !== caller.pid) return true;
    if (this.#slot === 'primary') return false;
    this.stop();
    return true;
  }

  /**
   * Gives up after `ms`, and what has been said by then is heard before: it may be we that were kept from running. An instance
   * that waits for a processor most of the time has a twin that does so, too, and waits for as much longer.
   */
  atLatest(ms: number, giveUp: () => void): void {
    const due = () => {
      this.#channel?.hear();
      giveUp();
    };
    setTimeout(due, Math.min(ms * ownSlowness(), WELCOME_AT_MOST)).unref();
  }

  stop(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
