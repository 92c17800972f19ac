// strangers — processes of the service that speak another protocol: only what means the same to both is handed over.

import type { Config, Slot } from '../src/config.ts';
import type { Log } from '../src/log/log.ts';
import type { Channel } from './channel.ts';
import type { Custody } from './custody.ts';
import { type Message, PROTOCOL_VERSION } from './protocol.ts';
import type { Speaker } from './speaker.ts';

export class Strangers {
  readonly #slot: Slot;
  readonly #speaker: Speaker;
  readonly #custody: Custody;
  readonly #log: Log;
  readonly #known = new Set<number>();

  constructor({ slot }: Pick<Config, 'slot'>, speaker: Speaker, custody: Custody, log: Log) {
    this.#slot = slot;
    this.#speaker = speaker;
    this.#custody = custody;
    this.#log = log;
  }

  /** Whether there was one. */
  get met(): boolean {
    return this.#known.size > 0;
  }

  /** Tells it who we are, and lends it the sockets of its slot if nobody else has them. */
  meet(channel: Channel, message: Message): void {
    this.#tell(message);
    const { slot } = message;
    this.#speaker.tell(channel, 'stranger', slot === this.#slot ? [] : this.#custody.lend(slot));
    channel.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Of each once: it calls each second. */
  #tell({ pid, protocol, slot, version }: Message): void {
    if (this.#known.has(pid)) return;
    this.#known.add(pid);
    this.#log.warn('the twin speaks another protocol: each looks after itself', {
      twin: slot,
      pid,
      version,
      protocol,
      ours: PROTOCOL_VERSION,
    });
  }
}
