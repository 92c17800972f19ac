// dial — our call to a twin, until it is answered; and which of two calls counts when they cross.

import type { Slot } from '../../src/config.ts';
import type { Channel } from './channel.ts';
import type { Message } from './protocol.ts';
import type { Meeting } from './rendezvous.ts';
import type { Speaker } from './sender.ts';

export class Calling {
  readonly #meeting: Meeting;
  readonly #slot: Slot;
  readonly #speaker: Speaker;
  #channel: Channel | undefined;
  #called: Slot | undefined;

  constructor(meeting: Meeting, slot: Slot, speaker: Speaker) {
    this.#meeting = meeting;
    this.#slot = slot;
    this.#speaker = speaker;
  }

  /** Calls the first of these slots that somebody answers for; an earlier call is given up. False: nobody is there. */
  place(...slots: readonly Slot[]): boolean {
    for (const slot of slots) {
      const channel = this.#meeting.call(slot);
      if (channel === undefined) continue;
      this.stop();
      this.#channel = channel;
      this.#called = slot;
      return this.#speaker.tell(channel, 'join');
    }
    return false;
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
