// strangers — processes of the service that speak another protocol: only what means the same to both is handed over.

import type { Config, Slot } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import type { Channel } from '../link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../link/protocol.ts';
import type { Speaker } from '../link/sender.ts';
import type { Custody } from '../takeover/custody.ts';

export class Strangers {
  readonly #slot: Slot;
  readonly #speaker: Speaker;
  readonly #custody: Custody;
  readonly #log: Log;
  readonly #known = new Set<string>();

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

  /** Tells it who we are; the first time it calls, when it does not serve yet, it is lent the sockets of its slot. */
  meet(channel: Channel, message: Message): void {
    const { slot, instance, pid } = message;
    const lends = !this.#known.has(`${instance} ${pid}`) && slot !== this.#slot && !this.#speaker.hides;
    this.#speaker.tell(channel, 'stranger', lends ? this.#custody.lend(slot) : []);
    channel.close();
    this.#tell(message);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Of each once: it calls each second. */
  #tell({ instance, pid, protocol, slot, version }: Message): void {
    if (this.#known.has(`${instance} ${pid}`)) return;
    this.#known.add(`${instance} ${pid}`);
    this.#log.warn('the twin speaks another protocol: each looks after itself', {
      twin: slot,
      pid,
      version,
      protocol,
      ours: PROTOCOL_VERSION,
    });
  }
}
