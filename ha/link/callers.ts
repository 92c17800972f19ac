// callers — those that have dialled and have not said yet what they want: a few, for a moment.

import { WELCOME_DUE } from '../timing.ts';
import type { Channel } from './channel.ts';

/** The twin, and a few that were cut off in the middle of a call. */
const MOST = 4;

export class Callers {
  readonly #waiting = new Map<Channel, NodeJS.Timeout>();

  /** One has dialled. Where there are too many the one that has said nothing for longest makes room. */
  add(channel: Channel): void {
    const [longest] = this.#waiting.keys();
    if (this.#waiting.size >= MOST && longest !== undefined) this.#hangUp(longest);
    const timer = setTimeout(() => this.#due(channel), WELCOME_DUE).unref();
    this.#waiting.set(channel, timer);
  }

  /** It has said what it wants, or has ended. */
  done(channel: Channel): void {
    clearTimeout(this.#waiting.get(channel));
    this.#waiting.delete(channel);
  }

  stop(): void {
    for (const channel of this.#waiting.keys()) this.#hangUp(channel);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Perhaps it has said it long since, and it is we that were kept from running. */
  #due(channel: Channel): void {
    channel.hear();
    if (this.#waiting.has(channel)) this.#hangUp(channel);
  }

  #hangUp(channel: Channel): void {
    this.done(channel);
    channel.close();
  }
}
