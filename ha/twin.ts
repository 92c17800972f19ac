// twin — two resolvers, one service: each holds duplicates of the other's sockets and memory, so that neither's death
// closes a socket or loses what was received.
//
//     newcomer                          twin
//        │ ── join ─────────────────────► │      "here I am"
//        │ ◄───────────────── welcome ─── │      its sockets and arena, and mine if it reads them for me
//        │    (starts to read)            │
//        │ ── serving ──────────────────► │      my sockets and arena; it stops reading mine
//        │                                │
//        │ ── leaving ──────────────────► │      on SIGTERM: it reads my sockets from now on
//        │ ◄─────────────────── taken ─── │      so I may go
//        ×  (end of the channel)          │      I died: it reads my sockets and answers what my arena holds
//
// Reading the sockets of one that lives is safe: a datagram is read once, whoever reads it.

import { close } from 'node-reuseport';
import type { Config, Slot } from '../src/config.ts';
import { adoptSockets, closeSockets, type ListenSockets } from '../src/listen/sockets.ts';
import type { Log } from '../src/log/log.ts';
import { EventLoop } from '../src/loop/event-loop.ts';
import type { Resolver } from '../src/resolver.ts';
import type { Membership } from '../src/run.ts';
import type { Channel, ChannelListener } from './channel.ts';
import { Custody, type Held } from './custody.ts';
import { Meeting } from './meeting.ts';
import { type Message, type MessageType, PROTOCOL_VERSION } from './protocol.ts';

/** How long a newcomer waits for its twin's welcome, and a leaver for its word, milliseconds. */
const WORD_TIMEOUT = 500;
/** How often a twin that is not there is called; not the same for both, so that they do not call each other at once. */
const REDIAL: Readonly<Record<Slot, number>> = { primary: 1000, secondary: 1370 };

export class Twin implements Membership, ChannelListener {
  readonly #config: Config;
  readonly #loop: EventLoop;
  readonly #custody: Custody;
  readonly #meeting: Meeting;
  #channel: Channel | undefined;
  #resolver: Resolver | undefined;
  #redial: NodeJS.Timeout | undefined;
  #welcomed: ((mine: readonly ListenSockets[] | undefined) => void) | undefined;
  /** Whether the twin was given its sockets back on this channel. */
  #offered = false;
  #taken: ((taken: boolean) => void) | undefined;
  #leaving = false;
  #stopped = false;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#loop = new EventLoop((error) =>
      log.error('a message of the twin could not be handled', { err: error }),
    );
    this.#custody = new Custody(log);
    this.#meeting = new Meeting(config, this.#loop, log, this);
  }

  async join(): Promise<readonly ListenSockets[] | undefined> {
    this.#meeting.listen();
    const mine = await new Promise<readonly ListenSockets[] | undefined>((resolve) => {
      this.#welcomed = resolve;
      if (!this.#call()) return resolve(undefined);
      setTimeout(() => resolve(undefined), WORD_TIMEOUT).unref();
    });
    this.#welcomed = undefined;
    this.#redial = setInterval(() => this.#channel ?? this.#call(), REDIAL[this.#config.slot]);
    return mine;
  }

  serving(resolver: Resolver): void {
    this.#resolver = resolver;
    this.#custody.start(resolver);
    this.#tell('serving');
  }

  async leave(): Promise<boolean> {
    clearInterval(this.#redial);
    this.#leaving = true;
    if (this.#channel === undefined || !this.#custody.holds) return false;
    const taken = new Promise<boolean>((resolve) => {
      this.#taken = resolve;
      setTimeout(() => resolve(false), WORD_TIMEOUT).unref();
    });
    return this.#tell('leaving') && (await taken);
  }

  /** Lets go of everything held; the twin sees the end of the channel. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#redial);
    this.#custody.stop();
    this.#channel?.close();
    this.#meeting.stop();
    this.#loop.close();
  }

  message(channel: Channel, message: Message, descriptors: readonly number[]): void {
    const { held, mine } = received(message, descriptors);
    // Both may have called each other: then the primary's call is the one that counts.
    if (message.type === 'join' && this.#channel !== undefined && this.#config.slot === 'primary') {
      channel.close();
      return;
    }
    switch (message.type) {
      case 'join': {
        this.#replaceChannel(channel);
        const { offer } = this.#custody;
        this.#offered = offer.length > 0;
        this.#tell('welcome', offer);
        this.#welcomed?.(undefined); // both are new, and the call of ours that this one replaces goes unanswered
        break;
      }
      case 'welcome':
        if (held !== undefined) this.#custody.hold(held);
        if (this.#welcomed !== undefined) this.#welcomed(mine);
        else {
          closeSockets(mine ?? []);
          this.#tell('serving'); // we never stopped; only the channel was gone
        }
        break;
      case 'serving':
        this.#custody.giveBack(this.#offered, message.pid);
        if (held !== undefined) this.#custody.hold(held);
        break;
      case 'leaving':
        if (this.#leaving) {
          this.#taken?.(false); // both go: each looks after its own
          break;
        }
        this.#custody.take('leaving', false);
        this.#tell('taken');
        break;
      case 'taken':
        this.#taken?.(true);
        break;
    }
  }

  ended(channel: Channel): void {
    if (channel !== this.#channel) return;
    this.#channel = undefined;
    this.#taken?.(false); // whoever is gone takes nothing
    // On the way out we read nothing more: whoever ended this channel has taken our sockets, or goes as well.
    if (!this.#leaving) this.#custody.take('its channel ended', true);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** False when nobody is there. */
  #call(): boolean {
    const channel = this.#meeting.call();
    if (channel === undefined) return false;
    this.#replaceChannel(channel);
    return this.#tell('join');
  }

  #replaceChannel(channel: Channel): void {
    if (this.#channel !== channel) this.#channel?.close();
    this.#channel = channel;
  }

  /** Says where things stand; `welcome` and `serving` carry our own sockets and arena, once there are any. */
  #tell(type: MessageType, yours: readonly ListenSockets[] = []): boolean {
    const shows = type === 'welcome' || type === 'serving';
    const own = shows ? (this.#resolver?.sockets ?? []) : [];
    const message: Message = {
      type,
      protocol: PROTOCOL_VERSION,
      slot: this.#config.slot,
      pid: process.pid,
      own: own.map(({ address }) => address),
      yours: yours.map(({ address }) => address),
    };
    const arena = own.length > 0 ? [this.#resolver!.arenaFd] : [];
    return this.#channel?.send(message, [...own.flatMap(pair), ...arena, ...yours.flatMap(pair)]) ?? false;
  }
}

function pair({ udp, tcp }: ListenSockets): [number, number] {
  return [udp, tcp];
}

/** Makes sockets of a message's descriptors, in the order `#tell` sends them; closes them when they are not that. */
function received(
  { own, yours }: Message,
  fds: readonly number[],
): { held?: Held; mine?: readonly ListenSockets[] } {
  const arena = own.length > 0 ? 1 : 0;
  if (fds.length !== 2 * own.length + arena + 2 * yours.length) {
    for (const fd of fds) close(fd);
    return {};
  }
  const sockets = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => adoptSockets(fds[from + 2 * i]!, fds[from + 2 * i + 1]!));
  return {
    ...(arena > 0 ? { held: { sockets: sockets(0, own.length), arenaFd: fds[2 * own.length]! } } : {}),
    ...(yours.length > 0 ? { mine: sockets(2 * own.length + arena, yours.length) } : {}),
  };
}
