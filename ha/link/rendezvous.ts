// rendezvous — how twins find each other: each listens at the name of its slot and dials that of the other.

import {
  ADDRESS_BYTES,
  accept,
  close,
  connectChannel,
  EAGAIN,
  listenChannel,
  peerUser,
  READABLE,
} from 'node-reuseport';
import type { Config, Slot } from '../../src/config.ts';
import { errnoOf } from '../../src/errors.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { abstractName } from '../../src/options/slot.ts';
import { ACCEPT_AGAIN } from '../timing.ts';
import { Callers } from './callers.ts';
import { Channel, type ChannelListener } from './channel.ts';

/** Where the process that serves a slot can be dialled. */
export function channelName(where: Pick<Config, 'listen' | 'port'>, slot: Slot): string {
  return abstractName('channel', where, slot);
}

/** Calls in a row. */
const TRIES = 3;

export class Rendezvous {
  readonly #config: Config;
  readonly #loop: EventLoop;
  readonly #log: Log;
  readonly #listener: ChannelListener;
  readonly #callers = new Callers();
  #told = false;
  #failing = false;
  /** Processes of another user that dialled us. */
  refused = 0;
  #listening: { readonly fd: number; readonly watchId: number } | undefined;

  constructor(config: Config, loop: EventLoop, log: Log, listener: ChannelListener) {
    this.#config = config;
    this.#loop = loop;
    this.#log = log;
    this.#listener = listener;
  }

  /** Lets the twin dial us; where another process has our name it is tried again with the next call. */
  listen(): void {
    if (this.#listening !== undefined) return;
    try {
      const fd = listenChannel(channelName(this.#config, this.#config.slot));
      try {
        const watched = { ready: () => this.#accept() };
        this.#listening = { fd, watchId: this.#loop.watch(fd, READABLE, watched, 'vital') };
      } catch (error) {
        close(fd);
        throw error;
      }
    } catch (error) {
      if (!this.#told) this.#log.warn('another process listens at the name of this slot', { err: error });
      this.#told = true;
    }
  }

  /** Dials the process of that slot; undefined when there is none, or one of another user. */
  dial(slot: Slot, tries = TRIES): Channel | undefined {
    try {
      return this.#admit(connectChannel(channelName(this.#config, slot)));
    } catch (error) {
      // It is there, and cannot be called: once more, or a newcomer would make sockets beside those the twin holds of its slot.
      const isThere = errnoOf(error) !== 'ECONNREFUSED' && tries > 1;
      return isThere ? this.dial(slot, tries - 1) : undefined;
    }
  }

  /** It has said what it wants, or has ended. */
  met(channel: Channel): void {
    this.#callers.done(channel);
  }

  stop(): void {
    this.#callers.stop();
    if (this.#listening === undefined) return;
    this.#loop.unwatch(this.#listening.fd, this.#listening.watchId);
    close(this.#listening.fd);
    this.#listening = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #accept(): void {
    const { fd, watchId } = this.#listening!;
    const accepted = accept(fd, new Uint8Array(ADDRESS_BYTES));
    if (accepted >= 0) {
      this.#failing = false;
      const channel = this.#admit(accepted);
      if (channel !== undefined) this.#callers.add(channel);
      return;
    }
    if (accepted === -EAGAIN) return;
    if (!this.#failing) this.#log.warn('a call of the twin cannot be accepted now', { errno: -accepted });
    this.#failing = true;
    // The caller waits in the kernel. At once the same would come of it, again and again.
    this.#loop.modify(fd, 0, watchId);
    setTimeout(() => {
      if (this.#listening?.fd === fd) this.#loop.modify(fd, READABLE, watchId);
    }, ACCEPT_AGAIN).unref();
  }

  /** Any process on the node can dial an abstract name: only those of our own user are let in. */
  #admit(fd: number): Channel | undefined {
    try {
      const user = peerUser(fd);
      if (user === process.geteuid?.()) return new Channel(fd, this.#loop, this.#listener);
      this.refused++;
      this.#log.warn('a process of another user called as our twin and was refused', { uid: user });
    } catch (error) {
      this.#log.warn('a channel to the twin cannot be used', { err: error });
    }
    close(fd);
    return undefined;
  }
}
