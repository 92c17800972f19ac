// peer — the twin as it is known here: how it is reached, what is held of it, how it fares.
//
//     met ──── serving: it shows its sockets ────► serving ◄──── stays after all ────┐
//      │                                              │                              │
//      └──────────────── leaving: it says so ─────────┴────────────────────────► leaving ───► the end of its channel:
//                                                                                             a former peer

import { close, monotonicMs } from 'node-reuseport';
import type { CacheShare } from '../../src/cache/cache-share.ts';
import type { Endpoint, Slot } from '../../src/config.ts';
import { BEAT } from '../../src/handover/arena-words.ts';
import { CacheSync, type FillCounters } from '../link/cache-sync.ts';
import type { Channel } from '../link/channel.ts';
import type { Shown } from '../link/descriptors.ts';
import { wantedOf } from '../link/endpoint-texts.ts';
import {
  BACKLOG,
  CONNECTION,
  decodeBinary,
  FILLS,
  type Message,
  PROTOCOL_VERSION,
  ROUSE,
} from '../link/protocol.ts';
import { LETS_GO, NEWCOMER, READ_BESIDE, SETTLED } from '../timing.ts';
import { FailureDetector, type Health, isLost } from './failure-detector.ts';
import { HeldConnections } from './held-connections.ts';
import type { Holdings } from './holdings.ts';

export type PeerState = 'met' | 'serving' | 'leaving';

export class Peer {
  readonly channel: Channel;
  readonly slot: Slot;
  /** For people: as seen from here, or as it says itself. */
  readonly pid: number;
  readonly version: string;
  readonly instance: string;
  /** Whether it speaks our protocol. Of a twin that does not, the sockets alone are held. */
  readonly isOurs: boolean;
  /** The endpoints it was told to serve; undefined as long as it has not said so. */
  wanted: readonly Endpoint[] | undefined;
  settings: Message['settings'];
  /** Whether it answers as we do: answers of another configuration are none of ours. */
  answersAlike = true;
  state: PeerState = 'met';
  /** Whether its sockets are read beside it. */
  isReadBeside = false;
  /** Why they are, or were last. */
  readReason: 'new' | 'stuck' = 'stuck';
  /** The datagram it had in hand when it was found stuck, and it is not known yet what becomes of it: its word IN_HAND. */
  withheldInHand: number | undefined;
  readonly connections = new HeldConnections();
  /** Until when it may be letting go of connections because it was found silent, monotonic milliseconds. */
  letsGoUntil = 0;
  /** What it is told of our cache; undefined until it serves. */
  sync: CacheSync | undefined;
  #holdings: Holdings | undefined;
  #detector: FailureDetector | undefined;
  readonly #metAt = monotonicMs();
  #servesSince = Number.POSITIVE_INFINITY;
  #readUntil = 0;
  /** The beat at which it was taken over from. */
  #takenOverAt: number | undefined;

  constructor(channel: Channel, { slot, pid, version, instance, protocol }: Message) {
    this.channel = channel;
    this.slot = slot;
    this.pid = channel.pid || pid;
    this.version = version;
    this.instance = instance;
    this.isOurs = protocol === PROTOCOL_VERSION;
  }

  /** It says what it was told, perhaps not with its first message. @param port the pair's */
  introduce(message: Message, port: number): void {
    this.wanted = wantedOf(message, port) ?? this.wanted;
    this.settings = message.settings ?? this.settings;
  }

  get leaving(): boolean {
    return this.state === 'leaving';
  }

  /** Those it wants, and those it has sockets of. */
  get endpoints(): readonly Endpoint[] {
    return [...(this.wanted ?? []), ...(this.#holdings?.sockets ?? [])];
  }

  /** Milliseconds since it was met, as long as it has shown nothing; 0 after that. */
  get metFor(): number {
    return this.#holdings === undefined ? monotonicMs() - this.#metAt : 0;
  }

  get holdings(): Holdings | undefined {
    return this.#holdings;
  }

  /** Its holdings while it reads its sockets itself. */
  get serves(): Holdings | undefined {
    return this.state === 'serving' ? this.#holdings : undefined;
  }

  /** Whether its memory is understood here, and so ours there: not the sockets alone can be taken over. */
  get isUnderstood(): boolean {
    return this.#holdings?.layout !== undefined;
  }

  /** Milliseconds without a sign of life; 0 as long as it has not begun to show any. */
  get silentFor(): number {
    return this.#holdings?.silence(monotonicMs()) ?? 0;
  }

  /** Milliseconds since it told that it serves. */
  get servesFor(): number {
    return monotonicMs() - this.#servesSince;
  }

  /** Whether it is past its slow beginning and knows what we know. */
  get isSettled(): boolean {
    const told = this.sync?.toldAll ?? !this.isOurs;
    return this.serves !== undefined && this.servesFor > SETTLED && told;
  }

  /** Whether it says that it rests, and nothing is to be done for it. */
  rests(now: number): boolean {
    const { serves } = this;
    if (serves === undefined || serves.rest === 0 || serves.silence(now) > 0) return false;
    const isSettled = !this.isReadBeside && this.withheldInHand === undefined && now >= this.letsGoUntil;
    return isSettled && this.connections.size === 0;
  }

  /** Whether nothing came to it between the last two looks. */
  get isUnasked(): boolean {
    return this.#detector?.isUnasked ?? true;
  }

  /** It shows what is held of it already; false when it shows something else, which stays the caller's. */
  showsAgain(shown: Shown): boolean {
    if (this.#holdings?.showsAgain(shown) !== true) return false;
    this.state = 'serving'; // also if it was about to leave, and stays
    return true;
  }

  /** What it serves; returns what was held of it before. */
  hold(holdings: Holdings): Holdings | undefined {
    const before = this.#holdings;
    if (before === undefined) this.#servesSince = monotonicMs();
    this.state = 'serving'; // also if it was about to leave, and stays
    this.#holdings = holdings;
    this.#detector = new FailureDetector(holdings);
    if (holdings.layout === undefined) this.connections.close();
    return before;
  }

  /** From now on it is told of our cache; not before it serves, for it could not take it. */
  share(cache: CacheShare, counters: FillCounters): void {
    if (this.#holdings === undefined || this.sync !== undefined || !this.isOurs) return;
    this.sync = new CacheSync(cache, this.channel, counters);
    this.sync.start();
  }

  /** Takes in a message in bytes; its descriptors are ours from now on. */
  binary(bytes: Uint8Array, descriptors: readonly number[]): void {
    if (this.isOurs && this.answersAlike && bytes[0] === FILLS) this.sync?.receive(bytes, bytes.length);
    // Records that are not understood tell neither where a connection stands nor when it has ended.
    const understood = this.isOurs && (this.#holdings === undefined || this.isUnderstood);
    const said = understood ? decodeBinary(bytes) : undefined;
    if (said?.kind === CONNECTION && descriptors.length === 1) {
      return this.connections.hold(said.record, said.generation, descriptors[0]!);
    }
    if (said?.kind === BACKLOG) {
      this.connections.keep(said.record, said.generation, said.offset, said.answers);
    }
    for (const fd of descriptors) close(fd);
  }

  /** It is new: its sockets are read beside it for its first second. */
  helpNewcomer(): void {
    this.isReadBeside = true;
    this.readReason = 'new';
    this.#readUntil = monotonicMs() + NEWCOMER;
  }

  /**
   * Looks how it fares; its sockets are read beside it while it is not well, and READ_BESIDE longer.
   * @param now monotonic milliseconds  @param ownDelay how late we are ourselves
   * @returns its health, and whether it has just begun to need help
   */
  look(now: number, ownDelay: number): { readonly health: Health; readonly needsHelp: boolean } {
    const health = this.#detector?.look(now, this.leaving, now < this.#readUntil, ownDelay) ?? 'well';
    if (health === 'well') {
      this.isReadBeside = now < this.#readUntil;
      return { health, needsHelp: false };
    }
    const needsHelp = !this.isReadBeside || this.readReason === 'new';
    // What waits for it may be read here before it sees that, and then it would rest on: a hang, to all appearance.
    if (needsHelp && (this.#holdings?.rest ?? 0) !== 0) this.channel.sendBulk(Uint8Array.of(ROUSE), 1);
    this.isReadBeside = true;
    this.readReason = 'stuck';
    this.#readUntil = Math.max(this.#readUntil, now + READ_BESIDE);
    return { health, needsHelp };
  }

  /** True once for each time it fell silent and was found stuck or gone: its work is to be taken over. */
  isToBeReplaced(health: Health, now: number): boolean {
    if (health !== 'stuck' && health !== 'gone') return false;
    const beat = this.#holdings!.word(BEAT);
    if (beat === this.#takenOverAt) return false;
    this.#takenOverAt = beat;
    this.letsGoUntil = now + LETS_GO;
    return true;
  }
}

/** What is left of a twin whose channel has ended: it is dead, as most are, or lives and will dial again. */
export class FormerPeer {
  readonly holdings: Holdings;
  readonly pid: number;
  /** It had said that it would end. */
  readonly saidGoodbye: boolean;
  /** The endpoints it was told to serve: the next process of its slot may be told so, too. */
  readonly wanted: readonly Endpoint[];
  /** A process of its slot was given its sockets: they may be read by that one. */
  isOffered = false;
  /** It was taken over from, and that was told: what it went on to receive is no other takeover. */
  isBuried = false;

  constructor(holdings: Holdings, { leaving, pid, wanted }: Pick<Peer, 'leaving' | 'pid' | 'wanted'>) {
    this.wanted = wanted ?? holdings.sockets;
    this.holdings = holdings;
    this.pid = pid;
    this.saidGoodbye = leaving;
    holdings.expectBeats(monotonicMs()); // if it lives it sees that its channel has ended
  }

  /** Whether nothing is left to be seen of it. */
  get isOver(): boolean {
    return this.holdings.withheldRecord === undefined && this.holdings.state.isGone;
  }

  /** Whether it will do nothing any more. */
  isLost(now: number): boolean {
    return isLost(this.holdings, now);
  }

  /** Whether a process may read its sockets: itself, or a newcomer that was given them. */
  get mayBeRead(): boolean {
    return this.isOffered || !this.holdings.state.isGone;
  }

  /** Whether it lived when its channel ended, went on with what clients sent, and will do nothing any more. */
  hasLeftMore(now: number): boolean {
    const { isTakenOver, layout } = this.holdings;
    return !isTakenOver && layout !== undefined && this.isLost(now);
  }
}
