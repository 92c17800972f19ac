// calling — our call to a twin, until it is answered; and which of two calls counts when they cross.

import type { Slot } from '../src/config.ts';
import type { Channel } from './channel.ts';
import type { Meeting } from './meeting.ts';
import type { Message } from './protocol.ts';

export class Calling {
  readonly #meeting: Meeting;
  readonly #slot: Slot;
  #channel: Channel | undefined;
  #called: Slot | undefined;

  constructor(meeting: Meeting, slot: Slot) {
    this.#meeting = meeting;
    this.#slot = slot;
  }

  /** Calls whoever has the other slot; a newcomer that finds nobody there calls an older process of its own. */
  place(newcomer: boolean): Channel | undefined {
    const other: Slot = this.#slot === 'primary' ? 'secondary' : 'primary';
    let channel = this.#meeting.call(other);
    this.#called = channel === undefined ? this.#slot : other;
    if (newcomer) channel ??= this.#meeting.call(this.#slot);
    if (channel === undefined) return undefined;
    this.#channel?.close();
    this.#channel = channel;
    return channel;
  }

  /** It was answered, or has ended. */
  over(channel: Channel): void {
    if (this.#channel === channel) this.#channel = undefined;
  }

  /** False for a caller that we are calling, too, when our call is the one that counts; else ours is given up. */
  givesWayTo(caller: Channel, { slot }: Message): boolean {
    const crossed = this.#channel !== undefined && this.#channel.pid === caller.pid && this.#called === slot;
    if (!crossed) return true;
    if (this.#slot === 'primary') return false;
    this.stop();
    return true;
  }

  stop(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }
}
