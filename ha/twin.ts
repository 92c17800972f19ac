// twin — two resolvers, one service: each holds duplicates of the other's sockets and memory, so that neither's death
// closes a socket or loses what was received.
//
//     newcomer                          twin
//        │ ── join ─────────────────────► │      "here I am"
//        │ ◄───────────────── welcome ─── │      its sockets and arena, and mine if it holds them
//        │ ── serving ──────────────────► │      when I have rehearsed: my sockets and arena; it reads mine for a second
//        │    (starts to read)            │      as soon as I know what it knows, or it stops
//        │ ◄── connections, answers ────► │      each holds the other's TCP connections, too
//        │ ── leaving ──────────────────► │      on SIGTERM: it reads my sockets from now on
//        │ ◄─────────────────── taken ─── │      so I may go
//        ×  (end of the channel)          │      it reads my sockets and answers what my arena holds
//
// Reading the sockets of a process that lives is safe: a datagram is read once, by either. For connections see custody and
// takeover. A twin of another protocol is held by its sockets alone (see protocol).

import { close, monotonicMs } from 'node-reuseport';
import { type Config, otherSlot } from '../src/config.ts';
import type { Handover } from '../src/handover/handover.ts';
import { closeSockets, type ListenSockets } from '../src/handover/sockets.ts';
import type { Leaving, Membership } from '../src/instance/membership.ts';
import type { Log } from '../src/log/log.ts';
import { EventLoop } from '../src/loop/event-loop.ts';
import type { CustodyStatus, NodeStatus } from '../src/status.ts';
import { Departure } from './leaving/departure.ts';
import { adoptPassed } from './leaving/passed-connections.ts';
import { type FillCounters, fillCounters } from './link/cache-sync.ts';
import type { Channel, ChannelListener } from './link/channel.ts';
import { closeShown, limitedTo, received, type Shown } from './link/descriptors.ts';
import { Dial } from './link/dial.ts';
import { Joining } from './link/joining.ts';
import { PairProblems, warnOfProtocol } from './link/pair-problems.ts';
import type { Message } from './link/protocol.ts';
import { Rendezvous } from './link/rendezvous.ts';
import { Sender } from './link/sender.ts';
import type { ElectionMessage } from './node/election-message.ts';
import { type Company, Keeper } from './node/keeper.ts';
import { Holdings } from './peers/holdings.ts';
import { Peer } from './peers/peer.ts';
import { openOwnState } from './peers/process-state.ts';
import { custodyStatus } from './status.ts';
import { type BackupPeer, chooseBackup } from './takeover/backup-peer.ts';
import { Custody } from './takeover/custody.ts';
import { WantedEndpoints } from './takeover/wanted-endpoints.ts';
import { REDIAL, SHOWN_BY } from './timing.ts';

/** Watches for the name of this slot and the channel, whatever clients have left. */
const RESERVE = 2;

export class Twin implements Membership, ChannelListener, Company {
  readonly fills: FillCounters = fillCounters();
  readonly stalls: Custody['stalls'];
  readonly #config: Config;
  readonly #log: Log;
  readonly #loop: EventLoop;
  readonly #sender: Sender;
  readonly #rendezvous: Rendezvous;
  readonly #dial: Dial;
  readonly #joining: Joining;
  readonly #custody: Custody;
  readonly #keeper: Keeper;
  readonly #departure: Departure;
  #handover: Handover | undefined;
  #peer: Peer | undefined;
  #backup: BackupPeer | undefined;
  #redial: NodeJS.Timeout | undefined;
  /** When a twin was last dialled because its channel had ended, monotonic milliseconds. */
  #redialledAt = Number.NEGATIVE_INFINITY;
  #stopped = false;
  readonly #problems: PairProblems;
  readonly #endpoints: WantedEndpoints;

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#loop = new EventLoop(
      (error) => log.error('a message of the twin could not be handled', { err: error }),
      RESERVE,
    );
    const peer = () => this.#peer;
    this.#problems = new PairProblems(config, log, monotonicMs);
    this.#sender = new Sender(config);
    this.#rendezvous = new Rendezvous(config, this.#loop, log, this);
    this.#dial = new Dial(this.#rendezvous, config.slot, this.#sender);
    this.#joining = new Joining(this.#dial);
    this.#custody = new Custody(log, peer, () => this.#keeper.check());
    this.stalls = this.#custody.stalls;
    this.#keeper = new Keeper(config, this.#sender.instance, log, this.#loop, this);
    this.#endpoints = new WantedEndpoints(config, () => this.#handover, peer, this.#custody, this.#keeper);
    this.#departure = new Departure(config, log, peer, this.#sender, this.#keeper);
  }

  async join(): Promise<readonly ListenSockets[] | undefined> {
    const mine = await this.#joining.sockets();
    this.#redial = setInterval(() => this.#keepInTouch(), REDIAL[this.#config.slot]);
    await this.#keeper.adopt();
    return mine;
  }

  wait(): void {
    this.#keeper.uncapture();
  }

  prepare(): Promise<void> {
    return this.#keeper.prepare();
  }

  serving(handover: Handover): void {
    this.#handover = handover;
    handover.endpoints.add(this.#peer?.endpoints ?? []);
    this.#sender.serving(handover, openOwnState());
    this.#custody.start(handover);
    if (this.#peer !== undefined) {
      this.#sender.tell(this.#peer.channel, 'serving');
      this.#peer.share(handover.cache, this.fills);
    }
    this.#backup = chooseBackup(this.#handover, this.#peer, this.#backup);
    if (handover.wanted !== this.#config.listeners) this.#keeper.want(handover.wanted); // since it was configured
    this.#keeper.serving();
    // Not before: a call that came while we were asking for our sockets would cross ours.
    this.#keepInTouch();
  }

  planChanged(): void {
    if (this.#departure.leaving || this.#handover === undefined) return;
    this.#keeper.want(this.#handover.wanted);
    this.#custody.ownChanged();
    this.#peer?.channel.hear(); // it may have told that it wants what we are about to give up
    this.#endpoints.giveUp(this.#handover);
    if (this.#peer !== undefined) this.#sender.tell(this.#peer.channel, 'serving');
    this.#lookForProblems();
  }

  preStop(): void {
    this.#departure.preStop();
  }

  async leave(inOrder: boolean): Promise<Leaving> {
    const succession = await this.#departure.leave(inOrder, this.#isAble);
    this.#custody.finish();
    if (succession === 'none') {
      this.#sender.hide();
      this.#custody.spareTheLiving();
    }
    return { succession, pass: this.#departure.passing(succession) };
  }

  hurry(): boolean {
    return this.#departure.hurry();
  }

  /** Lets go of everything held; the twin sees the end of its channel. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#redial);
    this.#custody.stop();
    await this.#keeper.stop();
    this.#dial.stop();
    this.#peer?.sync?.stop();
    this.#peer?.channel.close();
    this.#sender.stop();
    this.#rendezvous.stop();
    this.#loop.close();
  }

  /** The twin as far as the interface and the rules go: one of another protocol has its own. */
  peers(): Iterable<Peer> {
    return this.#peer?.isOurs ? [this.#peer] : [];
  }

  tell({ channel }: Peer, election: ElectionMessage, descriptors: readonly number[]): void {
    this.#sender.tellElection(channel, election, descriptors);
  }

  pending(): string | undefined {
    return this.#keeper.pending ?? this.#problems.pending;
  }

  node(): NodeStatus {
    return this.#keeper.status();
  }

  status(): CustodyStatus {
    return custodyStatus(
      this.#handover,
      this.#peer,
      this.#custody,
      this.#backup,
      this.#rendezvous,
      this.#problems,
      this.fills,
    );
  }

  message(channel: Channel, message: Message, descriptors: readonly number[]): void {
    if (message.slot !== otherSlot(this.#config.slot) || this.#leavesTooMuch(channel, message))
      return this.#refuse(channel, descriptors);
    this.#sender.heard(channel, message);
    switch (message.type) {
      case 'election':
        return this.#keeper.told(this.#meet(channel, message), message.election!, descriptors);
      case 'connection':
        return adoptPassed(descriptors, this.#departure.leaving ? undefined : this.#handover?.connections);
    }
    const { shown, mine } = received(message, descriptors, this.#config, this.#log);
    switch (message.type) {
      case 'join':
        return this.#welcome(channel, message);
      case 'welcome':
        this.#dial.over(channel);
        this.#meet(channel, message);
        if (!this.#start(mine) && this.#handover !== undefined) this.#sender.tell(channel, 'serving');
        return this.#hold(channel, shown, message);
      case 'serving':
        return this.#hold(channel, shown, message);
      case 'leaving':
        return this.#twinLeaves(channel, message.patient ?? false);
      case 'taken':
      case 'read':
        if (this.#peer?.channel === channel) this.#departure.told(message.type);
    }
  }

  binary(channel: Channel, bytes: Uint8Array, descriptors: readonly number[]): void {
    this.#handover?.resting.show(monotonicMs());
    if (this.#peer?.channel === channel) this.#peer.binary(bytes, descriptors);
    else for (const fd of descriptors) close(fd);
  }

  ended(channel: Channel): void {
    this.#rendezvous.met(channel);
    if (this.#dial.over(channel)) this.#joining.call();
    const peer = this.#peer;
    if (peer?.channel !== channel) return;
    this.#lose(peer);
    this.#departure.told('none');
    this.#dialAtOnce();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Whether it could go on as well as we. */
  readonly #isAble = (peer: Peer) =>
    peer.isSettled && (!peer.isOurs || this.#handover?.connections.untold === 0);

  #keepInTouch(): void {
    this.#custody.pulse();
    if (this.#departure.leaving || this.#stopped) return;
    this.#loop.retry();
    this.#rendezvous.listen();
    // What a twin that serves has shown may not have come here, for want of a descriptor: it shows it again.
    // While we have none ourselves, both may wait for the cluster DNS.
    if (this.#handover !== undefined && this.#peer !== undefined && this.#peer.metFor > SHOWN_BY)
      this.#drop(this.#peer.channel);
    if (this.#peer === undefined) this.#dial.place();
    this.#lookForProblems();
  }

  #lookForProblems(): void {
    const { configuration } = this.#handover ?? this.#config;
    this.#problems.look(this.#endpoints.own, this.#peer, this.#rendezvous.unmet, configuration);
  }

  #drop(channel: Channel): void {
    channel.close();
    this.ended(channel);
  }

  /** On the way out we take nothing more, but what we have promised to take; and all, if it has died before it took ours. */
  #lose(peer: Peer): void {
    this.#part(peer);
    const takes = !this.#stopped && (this.#departure.waits || !this.#departure.leaving || peer.leaving);
    if (peer.holdings === undefined || !takes) peer.connections.close();
    else this.#custody.gone(peer.holdings, peer);
  }

  /** A twin whose channel was cut lives: until both have met again neither could leave to the other. */
  #dialAtOnce(): void {
    const now = performance.now();
    if (this.#handover === undefined || now - this.#redialledAt < REDIAL.primary) return;
    this.#redialledAt = now;
    setImmediate(() => this.#keepInTouch());
  }

  /** A slot has one process: another one of ours waits for the slot and says nothing. */
  #refuse(channel: Channel, descriptors: readonly number[]): void {
    for (const fd of descriptors) close(fd);
    this.#drop(channel);
  }

  /** What it shows would have to be held for a while, and so much is held already by others before it. */
  #leavesTooMuch(channel: Channel, { type }: Message): boolean {
    const isNew = this.#peer?.channel !== channel || type === 'serving' || type === 'welcome';
    return isNew && this.#custody.isCrowded;
  }

  /** Answers a call of the twin. */
  #welcome(channel: Channel, message: Message): void {
    if (!this.#dial.givesWayTo(channel)) return channel.close();
    this.#meet(channel, message);
    this.#handover?.endpoints.add(this.#peer?.wanted ?? []); // before it is told what our places mean
    this.#sender.tell(channel, 'welcome', this.#sender.hides ? [] : this.#custody.offer(message.slot));
  }

  /** The process at the other end; a slot has one process, so the one before is gone, or calls anew. */
  #meet(channel: Channel, message: Message): Peer {
    this.#rendezvous.met(channel);
    if (this.#peer?.channel === channel) {
      this.#peer.introduce(message, this.#config.port);
      return this.#peer;
    }
    this.#peer?.channel.hear(); // to its end
    const peer = new Peer(channel, message);
    peer.introduce(message, this.#config.port);
    const before = this.#peer;
    if (before?.instance === peer.instance) this.#forget(before);
    else if (before !== undefined) {
      before.channel.close();
      this.#lose(before);
    }
    this.#peer = peer;
    if (peer.isOurs) this.#keeper.met(peer);
    else warnOfProtocol(this.#log, message);
    return peer;
  }

  /** The same process by a new channel. */
  #forget(before: Peer): void {
    before.channel.close();
    this.#part(before);
    before.connections.close();
    this.#custody.settle();
    if (before.holdings !== undefined) this.#custody.letGo(before.holdings);
  }

  #part(peer: Peer): void {
    this.#peer = undefined;
    this.#keeper.changed();
    peer.sync?.stop();
    if (this.#backup?.peer === peer) this.#backup.gone();
  }

  /** Begins with these sockets of our slot, if it has not begun yet: false when only a channel was gone. */
  #start(mine: readonly ListenSockets[] | undefined): boolean {
    if (this.#joining.waits) this.#joining.welcome(this.#endpoints.take(mine));
    else closeSockets(mine ?? []);
    return this.#joining.waits;
  }

  /** What it shows may be no memory, or none can be mapped: both meet anew then, for without it none of its work is held. */
  #hold(channel: Channel, shown: Shown | undefined, message: Message): void {
    const peer = this.#peer;
    // What it has shown did not come here: it shows it again to a twin that it meets anew.
    if (shown === undefined)
      return message.own.length > 0 && peer?.channel === channel ? this.#drop(channel) : undefined;
    if (peer?.channel !== channel) return closeShown(shown);
    peer.introduce(message, this.#config.port);
    peer.wanted ??= shown.sockets; // it is of a version that meets no instance with others
    const isNews = !this.#departure.leaving && this.#endpoints.meet(shown.sockets, this.#handover);
    const its = limitedTo(this.#handover?.endpoints.all ?? shown.sockets, shown);
    if (peer.showsAgain(its)) this.#custody.settle();
    else if (!this.#holdNew(peer, its)) return this.#drop(channel);
    if (this.#handover !== undefined) peer.share(this.#handover.cache, this.fills);
    this.#departure.serves(peer);
    this.#backup = chooseBackup(this.#handover, this.#peer, this.#backup);
    this.#lookForProblems();
    if (isNews) this.#sender.tell(channel, 'serving'); // of us it was told otherwise
  }

  /** False when it cannot be held here. */
  #holdNew(peer: Peer, shown: Shown): boolean {
    const { pid, slot, version } = peer;
    let holdings: Holdings;
    try {
      holdings = new Holdings(slot, shown, peer.connections);
    } catch (error) {
      this.#log.warn('what the twin has cannot be held here; both meet anew', { pid, err: error });
      return false;
    }
    if (peer.holdings === undefined) this.#log.info('twin found', { twin: slot, pid, version });
    const before = peer.hold(holdings);
    if (before !== undefined) this.#custody.letGo(before);
    this.#custody.serves(peer, holdings);
    return true;
  }

  #twinLeaves(channel: Channel, patient: boolean): void {
    const peer = this.#peer;
    // Sockets that have not come here cannot be read here: the leaver is to know that it goes alone.
    if (peer?.channel !== channel || peer.holdings === undefined) return this.#drop(channel);
    const crossed = this.#departure.crossed(patient);
    if (crossed === 'wait') return;
    peer.state = 'leaving';
    if (crossed === 'none') return;
    this.#custody.settle();
    this.#keeper.changed();
    this.#sender.tell(channel, peer.isUnderstood ? 'taken' : 'read');
  }
}
