// rendezvous — how twins find each other: each listens at the path of its slot and dials that of the other.

import { ADDRESS_BYTES, accept, close, connectChannel, EAGAIN, peerUser, READABLE } from 'node-reuseport';
import type { Config, Slot } from '../../src/config.ts';
import { errnoOf, messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { channelDirectory, secureDirectory } from '../../src/options/pair-directory.ts';
import { slotHolder } from '../../src/options/slot.ts';
import { ACCEPT_AGAIN } from '../timing.ts';
import { Callers } from './callers.ts';
import { Channel, type ChannelListener } from './channel.ts';
import {
  channelPath,
  isThere,
  type ListeningSocket,
  listenAt,
  removeForsaken,
  unlisten,
} from './channel-directory.ts';

/** A twin that has just started is not there at once. */
const MISSED = 8;

/** How the kernel says that no process listens at a path. */
const absent: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);
/** Calls in a row. */
const TRIES = 3;

export class Rendezvous {
  readonly #config: Config;
  readonly #loop: EventLoop;
  readonly #log: Log;
  readonly #listener: ChannelListener;
  readonly #callers = new Callers();
  #failing = false;
  /** Processes of another user that dialled us. */
  refused = 0;
  #listening: { readonly socket: ListeningSocket; readonly watchId: number } | undefined;
  #problem: string | undefined;
  /** Sockets that dead processes have left in the directory are gone. */
  #isTidy = false;
  /** Calls in a row that found no twin, while there is one. */
  #missed = 0;

  constructor(config: Config, loop: EventLoop, log: Log, listener: ChannelListener) {
    this.#config = config;
    this.#loop = loop;
    this.#log = log;
    this.#listener = listener;
  }

  /** What keeps the twin from dialling us; undefined when nothing does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Lets the twin dial us. What stands in the way is tried again with the next call. */
  listen(): void {
    if (this.#listening !== undefined && isThere(this.#listening.socket)) return;
    this.#close();
    const path = this.#pathOf(this.#config.slot);
    if (path === undefined) return;
    try {
      const socket = listenAt(path);
      try {
        const watched = { ready: () => this.#accept() };
        this.#listening = { socket, watchId: this.#loop.watch(socket.fd, READABLE, watched, 'vital') };
      } catch (error) {
        unlisten(socket);
        throw error;
      }
      this.#solved();
    } catch (error) {
      this.#complain(messageOf(error));
    }
  }

  /** Dials the process of that slot; undefined when there is none, or one of another user. */
  dial(slot: Slot, tries = TRIES): Channel | undefined {
    const path = this.#pathOf(slot);
    if (path === undefined) return undefined;
    try {
      const channel = this.#admit(connectChannel(path));
      this.#missed = 0;
      return channel;
    } catch (error) {
      // It is there, and cannot be called: once more, or a newcomer would make sockets beside those the twin holds of its slot.
      const isAway = absent.has(errnoOf(error) ?? '');
      if (!isAway && tries > 1) return this.dial(slot, tries - 1);
      if (isAway) this.#miss(slot);
      return undefined;
    }
  }

  /** It has said what it wants, or has ended. */
  met(channel: Channel): void {
    this.#callers.done(channel);
  }

  stop(): void {
    this.#callers.stop();
    this.#close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #close(): void {
    if (this.#listening === undefined) return;
    const { socket, watchId } = this.#listening;
    this.#loop.unwatch(socket.fd, watchId);
    unlisten(socket);
    this.#listening = undefined;
  }

  /** Undefined while the directory is none of ours: a socket in it might be any process's. */
  #pathOf(slot: Slot): string | undefined {
    const directory = channelDirectory(this.#config);
    try {
      secureDirectory(directory);
      if (!this.#isTidy) removeForsaken(directory);
      this.#isTidy = true;
      return channelPath(this.#config, slot);
    } catch (error) {
      this.#complain(messageOf(error));
      return undefined;
    }
  }

  #complain(problem: string): void {
    if (problem !== this.#problem)
      this.#log.error('the twin cannot call this instance, which serves without it meanwhile', { problem });
    this.#problem = problem;
  }

  #solved(): void {
    if (this.#problem !== undefined) this.#log.info('the twin can call this instance again');
    this.#problem = undefined;
  }

  /** No twin has come to our directory. If there is one all the same, it looks for us elsewhere. */
  #miss(slot: Slot): void {
    const { listen, port } = this.#config;
    const isElsewhere = slotHolder(listen, port, slot) === process.geteuid?.();
    this.#missed = isElsewhere ? this.#missed + 1 : 0;
    if (this.#missed !== MISSED) return;
    this.#log.error(
      'an instance of the other slot runs in this network and is not in our directory: it has another one, or is of a version that has none',
      { directory: channelDirectory(this.#config) },
    );
  }

  #accept(): void {
    const { socket, watchId } = this.#listening!;
    const { fd } = socket;
    const accepted = accept(fd, new Uint8Array(ADDRESS_BYTES));
    if (accepted >= 0) {
      this.#failing = false;
      return this.#take(accepted);
    }
    if (accepted === -EAGAIN) return;
    if (!this.#failing) this.#log.warn('a call of the twin cannot be accepted now', { errno: -accepted });
    this.#failing = true;
    // The caller waits in the kernel. At once the same would come of it, again and again.
    this.#loop.modify(fd, 0, watchId);
    setTimeout(() => {
      if (this.#listening?.socket === socket) this.#loop.modify(fd, READABLE, watchId);
    }, ACCEPT_AGAIN).unref();
  }

  /** No other user can open the directory; the kernel is asked all the same which one calls. */
  #admit(fd: number): Channel | undefined {
    try {
      const user = peerUser(fd);
      if (user === process.geteuid?.()) return new Channel(fd, this.#loop, this.#listener);
      this.refused++;
      this.#log.warn('a process of another user called as our twin and was refused', { uid: user });
    } catch (error) {
      close(fd);
      throw error;
    }
    close(fd);
    return undefined;
  }

  #take(accepted: number): void {
    try {
      const channel = this.#admit(accepted);
      if (channel === undefined) return;
      this.#callers.add(channel);
      channel.ready(READABLE); // mostly it has said by now what it wants; a turn of the loop may take long
    } catch (error) {
      this.#log.warn('a call of the twin cannot be taken', { err: error }); // it calls again
    }
  }
}
