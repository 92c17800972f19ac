// twin — two resolvers, one service: each holds duplicates of the other's sockets and memory, so that neither's death
// closes a socket or loses what was received.
//
//     newcomer                          twin
//        │ ── join ─────────────────────► │      "here I am"
//        │ ◄───────────────── welcome ─── │      its sockets and arena, and mine if it holds them
//        │ ── serving ──────────────────► │      when I have rehearsed: my sockets and arena; it reads mine for a second
//        │    (starts to read)            │      as soon as I know what it knows, or it stops
//        │ ◄── connections, answers ────► │      each holds the other's TCP connections, too
//        │                                │
//        │ ── leaving ──────────────────► │      on SIGTERM: it reads my sockets from now on
//        │ ◄─────────────────── taken ─── │      so I may go
//        ×  (end of the channel)          │      it reads my sockets and answers what my arena holds
//
// Reading the sockets of one that lives is safe: a datagram is read once, whoever reads it. For connections see custody and
// inherit, for a twin that speaks another protocol bequest. In a surge roll-out there are three: the new process of a slot
// shares the sockets of the old one until that ends.

import { close } from 'node-reuseport';
import { type Config, otherSlot, type Slot } from '../src/config.ts';
import { closeSockets, type ListenSockets } from '../src/listen/sockets.ts';
import type { Log } from '../src/log/log.ts';
import { EventLoop } from '../src/loop/event-loop.ts';
import type { Resolver } from '../src/resolver.ts';
import type { Leaving, Membership } from '../src/run.ts';
import type { CustodyStatus, NodeStatus } from '../src/status.ts';
import { Departure } from './leaving/departure.ts';
import { Bequest } from './leaving/other-versions.ts';
import { Strangers } from './leaving/strangers.ts';
import { type FillCounters, fillCounters } from './link/cache-sync.ts';
import type { Channel, ChannelListener } from './link/channel.ts';
import { closeHeld, type Held, received } from './link/descriptors.ts';
import { Calling } from './link/dial.ts';
import type { Message } from './link/protocol.ts';
import { Meeting } from './link/rendezvous.ts';
import { Speaker } from './link/sender.ts';
import type { ElectionMessage } from './node/election-message.ts';
import { type Company, Keeper } from './node/keeper.ts';
import { Estate } from './peers/holdings.ts';
import { heirOf, Peer } from './peers/peer.ts';
import { custodyStatus } from './status.ts';
import { Guard } from './takeover/backup-peer.ts';
import { Custody } from './takeover/custody.ts';

/** How long a newcomer waits for its twin's welcome, milliseconds. */
const WORD_TIMEOUT = 500;
/** How often a twin that is not there is called; not the same for both, so that they do not call each other at once. */
const REDIAL: Readonly<Record<Slot, number>> = { primary: 1000, secondary: 1370 };

export class Twin implements Membership, ChannelListener, Company {
  readonly #config: Config;
  readonly #log: Log;
  readonly #loop: EventLoop;
  readonly #custody: Custody;
  readonly #meeting: Meeting;
  readonly #keeper: Keeper;
  readonly #speaker: Speaker;
  readonly #peers = new Map<Channel, Peer>();
  readonly #calling: Calling;
  readonly #strangers: Strangers;
  readonly #departure: Departure;
  readonly #bequest: Bequest;
  #guard: Guard | undefined;
  #resolver: Resolver | undefined;
  #redial: NodeJS.Timeout | undefined;
  #welcomed: ((mine: readonly ListenSockets[] | undefined) => void) | undefined;
  readonly fills: FillCounters = fillCounters();
  #stopped = false;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#loop = new EventLoop((error) =>
      log.error('a message of the twin could not be handled', { err: error }),
    );
    this.#custody = new Custody(log, () => this.#peers.values());
    this.#meeting = new Meeting(config, this.#loop, log, this);
    this.#speaker = new Speaker(config.slot);
    this.#calling = new Calling(this.#meeting, config.slot, this.#speaker);
    this.#keeper = new Keeper(config, this.#speaker.instance, log, this.#loop, this);
    this.#strangers = new Strangers(config, this.#speaker, this.#custody, log);
    this.#bequest = new Bequest(config, this.#meeting, this.#speaker, this.#custody, log);
    this.#departure = new Departure(config, log, () => this.peers(), this.#speaker, this.#keeper);
  }

  async join(): Promise<readonly ListenSockets[] | undefined> {
    const mine = await new Promise<readonly ListenSockets[] | undefined>((resolve) => {
      this.#welcomed = resolve;
      const { slot: own } = this.#config;
      if (!this.#calling.place(otherSlot(own), own)) return resolve(undefined);
      setTimeout(() => resolve(undefined), WORD_TIMEOUT).unref();
    });
    this.#welcomed = undefined;
    this.#redial = setInterval(() => this.#keepInTouch(), REDIAL[this.#config.slot]);
    await this.#keeper.prepare();
    return mine;
  }

  serving(resolver: Resolver): void {
    this.#resolver = resolver;
    this.#speaker.serving(resolver);
    this.#custody.start(resolver);
    this.#bequest.serving(resolver);
    for (const peer of this.#peers.values()) {
      this.#speaker.tell(peer.channel, 'serving');
      peer.share(resolver.cacheShare, this.fills);
    }
    this.#chooseGuard();
    this.#keeper.serving();
    // Not before: a call that came while we were asking for our sockets would cross ours.
    this.#keepInTouch();
  }

  async leave(patiently: boolean): Promise<Leaving> {
    const isAble = (peer: Peer) => peer.isSettled && this.#resolver?.tcp.untold === 0;
    const word = await this.#departure.leave(patiently, isAble);
    const succession = word === 'none' ? await this.#bequest.leave(this.#strangers.met) : word;
    return { succession, pass: (fd) => this.#bequest.pass(fd) };
  }

  hurry(): boolean {
    return this.#departure.hurry();
  }

  /** Lets go of everything held; the others see the end of their channels. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#redial);
    this.#custody.stop();
    await this.#keeper.stop();
    this.#calling.stop();
    for (const { channel, fills } of this.#peers.values()) {
      fills?.stop();
      channel.close();
    }
    this.#speaker.stop();
    this.#meeting.stop();
    this.#loop.close();
  }

  peers(): Iterable<Peer> {
    return this.#peers.values();
  }

  tell({ channel }: Peer, duty: ElectionMessage, descriptors: readonly number[]): void {
    this.#speaker.tellDuty(channel, duty, descriptors);
  }

  node(): NodeStatus {
    return this.#keeper.status();
  }

  status(): CustodyStatus {
    const peers = [...this.#peers.values()];
    return custodyStatus(this.#resolver, peers, this.#custody, this.#guard, this.#meeting, this.fills);
  }

  message(channel: Channel, message: Message, descriptors: readonly number[]): void {
    if (message.type === 'duty')
      return this.#keeper.told(this.#peer(channel, message), message.duty!, descriptors);
    if (message.type === 'bequest' || message.type === 'connection')
      return this.#bequest.take(channel, message, descriptors, this.#departure.leaving);
    const { held, mine } = received(message, descriptors, this.#log);
    switch (message.type) {
      case 'join':
        if (!this.#calling.givesWayTo(channel, message)) {
          channel.close();
          return closeSockets(mine ?? []);
        }
        this.#meet(channel, message);
        this.#speaker.tell(channel, 'welcome', this.#speaker.hides ? [] : this.#custody.offer(message.slot));
        break;
      case 'welcome':
        this.#calling.over(channel);
        this.#peer(channel, message);
        if (!this.#join(mine) && this.#resolver !== undefined) this.#speaker.tell(channel, 'serving');
        this.#hold(channel, held); // last: it throws when what came is no memory
        break;
      case 'serving':
        this.#hold(channel, held);
        break;
      case 'leaving': {
        const peer = this.#peers.get(channel);
        const both = this.#departure.crossed(peer, message.patient ?? false);
        if (both === 'wait') return;
        if (peer !== undefined) peer.leaving = true;
        if (both === 'none') return;
        this.#custody.settle();
        this.#keeper.changed();
        this.#speaker.tell(channel, peer?.estate?.layout === undefined ? 'read' : 'taken');
        break;
      }
      case 'taken':
      case 'read':
        if (!this.#peers.has(channel)) return this.#bequest.answered(channel);
        if (message.type === 'read') this.#bequest.readBy(channel);
        this.#departure.told(message.type);
        break;
      case 'stranger':
        this.#strangers.meet(channel, message);
        this.ended(channel);
        this.#departure.strange();
        this.#join(mine);
        break;
    }
    if (message.type === 'welcome' || message.type === 'serving') this.#chooseGuard();
  }

  binary(channel: Channel, bytes: Uint8Array, descriptors: readonly number[]): void {
    const peer = this.#peers.get(channel);
    if (peer !== undefined) peer.binary(bytes, descriptors);
    else for (const fd of descriptors) close(fd);
  }

  ended(channel: Channel): void {
    this.#calling.over(channel);
    this.#bequest.ended(channel);
    const peer = this.#peers.get(channel);
    if (peer === undefined) return;
    this.#peers.delete(channel);
    this.#keeper.changed();
    peer.fills?.stop();
    if (this.#guard?.peer === peer) this.#guard.gone();
    if (this.#peers.size === 0) this.#departure.told('none');
    // On the way out we take nothing more, but what we have promised to take.
    if (peer.estate === undefined || this.#stopped || (this.#departure.leaving && !peer.leaving))
      peer.connections.close();
    else this.#custody.gone(peer.estate, peer);
    this.#chooseGuard();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** With the other slot's process; and with an older one of ours, which must not end our common sockets when it goes. */
  #keepInTouch(): void {
    if (this.#departure.leaving) return;
    const { slot: own } = this.#config;
    const met = (slot: Slot) => [...this.#peers.values()].some((peer) => peer.slot === slot);
    const first = this.#meeting.listen();
    if (!met(otherSlot(own))) this.#calling.place(otherSlot(own));
    else if (!first && !met(own)) this.#calling.place(own);
  }

  #meet(channel: Channel, message: Message): Peer {
    const peer = new Peer(channel, message);
    for (const [other, before] of this.#peers) {
      if (before.instance !== peer.instance) continue;
      // The same process by a new channel, before the end of the old one was noticed.
      this.#peers.delete(other);
      other.close();
      before.fills?.stop();
      before.connections.close();
      this.#custody.settle();
      if (before.estate !== undefined) this.#custody.letGo(before.estate);
      if (this.#guard?.peer === before) this.#guard.gone();
    }
    this.#peers.set(channel, peer);
    this.#keeper.met(peer);
    return peer;
  }

  /** Who speaks there; its duty is told ahead of its welcome. */
  #peer(channel: Channel, message: Message): Peer {
    return this.#peers.get(channel) ?? this.#meet(channel, message);
  }

  /** Begins with these sockets of our slot, if it has not begun yet: false when only a channel was gone. */
  #join(mine: readonly ListenSockets[] | undefined): boolean {
    this.#welcomed?.(mine);
    if (this.#welcomed === undefined) closeSockets(mine ?? []);
    return this.#welcomed !== undefined;
  }

  #hold(channel: Channel, held: Held | undefined): void {
    const peer = this.#peers.get(channel);
    if (held === undefined) return;
    if (peer === undefined) return closeHeld(held);
    const { pid, slot, version } = peer;
    peer.leaving = false; // it may have thought better of it
    if (peer.estate === undefined) this.#log.info('twin found', { twin: slot, pid, version });
    const estate = new Estate(slot, held, peer.connections);
    const before = peer.hold(estate);
    if (before !== undefined) this.#custody.letGo(before);
    this.#custody.serves(peer, estate);
    if (this.#resolver !== undefined) peer.share(this.#resolver.cacheShare, this.fills);
    this.#departure.serves(peer);
  }

  /** One process holds our connections, for as long as it lives: two would both go on with them. */
  #chooseGuard(): void {
    const resolver = this.#resolver;
    if (resolver === undefined || (this.#guard !== undefined && this.#guard.channel >= 0)) return;
    const peer = heirOf(this.#peers.values(), this.#config.slot);
    if (peer === undefined) return;
    const isOnly = () => [...this.#peers.values()].every((one) => one === peer || one.estate === undefined);
    this.#guard = new Guard(peer, resolver.journal, isOnly);
    resolver.tcp.protect(this.#guard);
  }
}
