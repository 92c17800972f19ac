// rendezvous — how twins find each other: each answers at the name of its slot and calls at the other's.

import {
  ADDRESS_BYTES,
  accept,
  close,
  connectChannel,
  listenChannel,
  peerUser,
  READABLE,
} from 'node-reuseport';
import type { Config, Slot } from '../../src/config.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { Channel, type ChannelListener } from './channel.ts';
import { channelName } from './channel-name.ts';

export class Meeting {
  readonly #config: Config;
  readonly #loop: EventLoop;
  readonly #log: Log;
  readonly #listener: ChannelListener;
  #told = false;
  /** Callers of another user. */
  refused = 0;
  #listening: { readonly fd: number; readonly tag: number } | undefined;

  constructor(config: Config, loop: EventLoop, log: Log, listener: ChannelListener) {
    this.#config = config;
    this.#loop = loop;
    this.#log = log;
    this.#listener = listener;
  }

  /** Lets others call us; false when an older process of our slot answers: then it is tried again later. */
  listen(): boolean {
    if (this.#listening !== undefined) return true;
    try {
      const fd = listenChannel(channelName(this.#config, this.#config.slot));
      const ready = () => {
        const accepted = accept(fd, new Uint8Array(ADDRESS_BYTES));
        if (accepted >= 0) this.#admit(accepted);
      };
      this.#listening = { fd, tag: this.#loop.watch(fd, READABLE, { ready }) };
      return true;
    } catch (error) {
      if (!this.#told) this.#log.info('another process answers for this slot so far', { err: error });
      this.#told = true;
      return false;
    }
  }

  /** Calls whoever answers for that slot; undefined when nobody is there who may be. */
  call(slot: Slot): Channel | undefined {
    try {
      return this.#admit(connectChannel(channelName(this.#config, slot)));
    } catch {
      return undefined;
    }
  }

  stop(): void {
    if (this.#listening === undefined) return;
    this.#loop.unwatch(this.#listening.fd, this.#listening.tag);
    close(this.#listening.fd);
    this.#listening = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Anyone on the node can call an abstract name: only our own user is let in. */
  #admit(fd: number): Channel | undefined {
    const user = peerUser(fd);
    if (user === process.geteuid?.()) return new Channel(fd, this.#loop, this.#listener);
    this.refused++;
    this.#log.warn('a process of another user called as our twin and was refused', { uid: user });
    close(fd);
    return undefined;
  }
}
