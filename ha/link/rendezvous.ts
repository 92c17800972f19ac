// rendezvous — how twins find each other: each listens at the path of its slot and dials that of the other.

import {
  ADDRESS_BYTES,
  accept,
  close,
  connectChannel,
  EAGAIN,
  monotonicMs,
  peerUser,
  READABLE,
} from 'node-reuseport';
import type { Config, Slot } from '../../src/config.ts';
import { errnoOf, messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log/log.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { isThere, type ListeningSocket, listenAt, unlisten } from '../../src/options/listening-socket.ts';
import { channelDirectory, secureDirectory } from '../../src/options/pair-directory.ts';
import { slotHolder } from '../../src/options/slot.ts';
import { ACCEPT_AGAIN, UNMET } from '../timing.ts';
import { Callers } from './callers.ts';
import { Channel, type ChannelListener } from './channel.ts';
import { channelPath, formerPath, linkFrom, removeForsaken, unlink } from './channel-directory.ts';

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
  readonly #now: () => number;
  /** Since when calls find no twin though one runs, monotonic milliseconds, and how that shows. */
  #unmet: { readonly since: number; readonly sign: string } | undefined;

  /** @param now monotonic milliseconds */
  constructor(config: Config, loop: EventLoop, log: Log, listener: ChannelListener, now = monotonicMs) {
    this.#now = now;
    this.#config = config;
    this.#loop = loop;
    this.#log = log;
    this.#listener = listener;
  }

  /** What keeps the twin from dialling us; undefined when nothing does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Why a twin that runs is not met, once that has lasted; undefined when there is none, or it is met. */
  get unmet(): string | undefined {
    if (this.#unmet === undefined || this.#now() - this.#unmet.since < UNMET) return undefined;
    return (
      `an instance of the other slot runs in this network, and both serve without each other: ${this.#unmet.sign}. ` +
      `Both need the same --channel-directory, here ${channelDirectory(this.#config)}, mounted from the node; ` +
      'with SELinux their pods need the same level'
    );
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
        linkFrom(formerPath(this.#config, this.#config.slot), socket);
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
      const channel = this.#admit(this.#connect(path, slot));
      this.#unmet = undefined;
      return channel;
    } catch (error) {
      // It is there, and cannot be called: once more, or a newcomer would make sockets beside those the twin holds of its slot.
      const isAway = absent.has(errnoOf(error) ?? '');
      if (!isAway && tries > 1) return this.dial(slot, tries - 1);
      this.#miss(
        isAway ? this.#signOf(slot) : `its socket is there, and calling it fails (${messageOf(error)})`,
      );
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
    unlink(formerPath(this.#config, this.#config.slot), socket);
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

  #connect(path: string, slot: Slot): number {
    try {
      return connectChannel(path);
    } catch (error) {
      if (!absent.has(errnoOf(error) ?? '')) throw error;
      return connectChannel(formerPath(this.#config, slot));
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

  #miss(sign: string | undefined): void {
    this.#unmet = sign === undefined ? undefined : { since: this.#unmet?.since ?? this.#now(), sign };
  }

  /** No twin has come to our directory. If there is one all the same, it looks for us elsewhere. */
  #signOf(slot: Slot): string | undefined {
    const { listen, port } = this.#config;
    const holder = slotHolder(listen, port, slot);
    if (holder === 'hidden') return 'its slot is taken, and the system lets no call through to its process';
    return holder === process.geteuid?.() ? 'it is not in our directory' : undefined;
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
