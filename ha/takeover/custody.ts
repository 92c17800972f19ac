// custody — watches over the twin: its sockets are read here, and its work is done here, while it cannot.
//
//     the twin …                       its sockets are read              its queries and connections
//     reads them                       by itself                         are its own
//     is new                           by it and beside it               are its own
//     does not read, or is silent      by it and beside it               are its own
//     waits for a processor            by it and beside it               are its own; datagrams are answered here in spare time
//     is stuck                         by it and beside it               taken over; it lets go of them when it wakes
//     leaves                           here                              taken over at the end of its channel
//     is dead: a former peer           here, until its successor does    taken over
//
// What is wanted follows from what is held. Every change is made by `settle`.

import { monotonicMs } from 'node-reuseport';
import type { Endpoint, Slot } from '../../src/config.ts';
import type { Handover } from '../../src/handover/handover.ts';
import { areRetired, enlargeBuffers, type ListenSockets } from '../../src/handover/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import { isAmong } from '../../src/options/endpoint.ts';
import type { SocketsRead, TakeoverReason } from '../../src/status.ts';
import { textsOf } from '../link/endpoint-texts.ts';
import { hasTimeFor } from '../peers/failure-detector.ts';
import { FirstSign } from '../peers/first-sign.ts';
import { type Holdings, identitiesOf } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';
import { FormerPeer } from '../peers/peer.ts';
import { ANSWERS_DUE, BEAT_EVERY, SWEEP_EVERY, TOLD_AGAIN } from '../timing.ts';
import { FirstReads } from './first-reads.ts';
import { awaitSign, Looks, othersRest } from './looks.ts';
import { OwnDelay } from './own-delay.ts';
import { Parting } from './parting.ts';
import { Readers } from './readers.ts';
import { Relief } from './relief.ts';
import { Replays } from './replays.ts';
import {
  adoptRest,
  adoptWithheld,
  type Condition,
  finishWith,
  settleInHand,
  settleWithheld,
  takeBack,
  takeOver,
} from './takeover.ts';
import { TakeoverLog } from './takeover-log.ts';

/** What was done for other processes so far; see the metrics. */
export interface CustodyCounters {
  takeovers: Record<TakeoverReason, number>;
  takeoverSeconds: number;
  stolen: number;
  tornConnections: number;
}

/** What is said of sockets that no instance wants any more. */
const UNWANTED =
  'no instance wants these addresses any more: what came to their sockets is answered, and they are closed';

/** Former peers that are held at once: one is the rule, more come of twins that die while they start. */
const MOST_FORMER = 4;

export class Custody {
  readonly counters: CustodyCounters = {
    takeovers: { died: 0, left: 0, stuck: 0 },
    takeoverSeconds: 0,
    stolen: 0,
    tornConnections: 0,
  };
  readonly #log: Log;
  readonly #peer: () => Peer | undefined;
  readonly #former = new Set<FormerPeer>();
  readonly #parting = new Parting();
  readonly #ownDelay = new OwnDelay();
  readonly stalls = this.#ownDelay.stalls;
  readonly takeoverLog: TakeoverLog;
  #handover: Handover | undefined;
  /** Identities of our own sockets. */
  #own: ReadonlySet<string> = new Set();
  #readers: Readers | undefined;
  #replays: Replays | undefined;
  #relief: Relief | undefined;
  #firstReads: FirstReads | undefined;
  readonly #looks = new Looks(
    () => this.#trying(() => this.#look()) ?? false,
    () => awaitSign(this.#peer(), this.#firstSign, monotonicMs()),
  );
  readonly #firstSign = new FirstSign(() => this.#looks.wakeNow());
  readonly #swept: () => void;
  #lookCount = 0;
  /** What is read may not be what is wanted: that is tried again at the next look. */
  #unsettled = false;
  /** We end: from now on nothing more is read for others. */
  #spares = false;
  /** When a failure was last told, monotonic milliseconds. */
  #failedAt = Number.NEGATIVE_INFINITY;

  /** @param peer the twin, if we have met it  @param swept called each SWEEP_EVERY, and with each call while both rest */
  constructor(log: Log, peer: () => Peer | undefined, swept: () => void = () => {}) {
    this.#log = log;
    this.#peer = peer;
    this.#swept = swept;
    this.takeoverLog = new TakeoverLog(log, this.stalls, monotonicMs);
  }

  /** From now on we can read for the twin. */
  start(handover: Handover): void {
    this.#handover = handover;
    this.ownChanged();
    this.#readers = new Readers(handover, this.#log);
    this.#replays = new Replays(handover, (error) =>
      this.#log.error('a query of the twin could not be answered', { err: error }),
    );
    this.#relief = new Relief(handover);
    this.#firstReads = new FirstReads(() => handover.begin());
    handover.resting.onWork = () => this.#looks.wake();
    this.#looks.start();
    for (const former of this.#former) this.#trying(() => this.#bury(former));
    this.settle();
  }

  /** Called with each call, see REDIAL: looks once while both rest. */
  pulse(): void {
    this.#looks.once();
  }

  /** The sockets of that slot, if any are held: they are its next process's for the asking. */
  offer(slot: Slot): readonly ListenSockets[] {
    const former = [...this.#former].findLast(({ holdings }) => holdings.slot === slot);
    if (former === undefined) return [];
    former.isOffered = true;
    return former.holdings.sockets.filter((one) => !areRetired([one]));
  }

  /** What is wanted of that slot until it has a process again: what its last one wanted. */
  wantedOf(slot: Slot): readonly Endpoint[] {
    return [...this.#former].findLast(({ holdings }) => holdings.slot === slot)?.wanted ?? [];
  }

  /** Whose sockets are read here beside our own. */
  get reading(): readonly SocketsRead[] {
    return this.#readers?.status(this.#peer(), this.#former) ?? [];
  }

  /** The twin tells what it has: from now on it reads that. */
  serves(peer: Peer, holdings: Holdings): void {
    enlargeBuffers(holdings.sockets);
    if (this.#readers?.reads(holdings.identities)) peer.helpNewcomer();
    this.settle();
  }

  /** The channel to the twin has ended. */
  gone(holdings: Holdings, peer: Peer): void {
    this.#firstSign.keepTo(this.#peer()?.holdings);
    if (this.#areOurs(holdings)) {
      holdings.connections.close(); // it has shown us our own sockets
      return holdings.close();
    }
    const former = new FormerPeer(holdings, peer);
    this.#former.add(former);
    this.#trying(() => this.#bury(former));
    this.settle();
    const [first] = this.#former;
    if (this.#former.size > MOST_FORMER && first !== undefined) this.#trying(() => this.#giveUp(first));
  }

  /**
   * We end, and retire all that we read, but what another process may read, too: a former peer that may be alive, a newcomer that was
   * given what a dead one had, a twin. The sockets are the same: what happened to them here would happen to it.
   */
  spareTheLiving(): void {
    this.#spares = true;
    const others = [...this.#former].filter(({ mayBeRead }) => mayBeRead).map(({ holdings }) => holdings);
    const twins = this.#peer()?.holdings;
    for (const holdings of twins === undefined ? others : [...others, twins]) this.#readers?.spare(holdings);
  }

  /** Reads what is to be read here now: the twin came, or leaves, or is gone. */
  settle(): void {
    this.#firstSign.keepTo(this.#peer()?.holdings);
    this.#looks.wake();
    const readers = this.#readers;
    if (readers === undefined || this.#spares) return;
    this.#trying(() => this.#firstReads!.look(this.#peer()));
    this.#unsettled = true;
    const served = this.#peer()?.serves;
    const wanted = this.#wanted(served);
    readers.stopBut(wanted, served);
    this.#unsettled = false;
    for (const [holdings, identities] of wanted) this.#trying(() => readers.begin(holdings, identities));
    if (served !== undefined) for (const former of this.#former) this.#succeed(former, served);
  }

  /** Whether so much is held of processes that are gone that another twin is not met for now. */
  get isCrowded(): boolean {
    return this.#parting.isFull;
  }

  /** No instance wants these endpoints of ours any more: what has come to them is answered, and they go. */
  giveUp(endpoints: readonly Endpoint[]): void {
    const handover = this.#handover;
    if (handover === undefined || endpoints.length === 0) return;
    this.#tellUnwanted(handover.slot, endpoints);
    const end = handover.giveUp(endpoints);
    this.ownChanged();
    setTimeout(() => this.#trying(end), ANSWERS_DUE).unref();
  }

  /** Our own sockets are more, or fewer. */
  ownChanged(): void {
    this.#own = new Set(identitiesOf(this.#handover?.sockets ?? []));
  }

  /** Keeps what was held of a process until questions that came in by it are answered. */
  letGo(holdings: Holdings): void {
    this.#parting.add(holdings);
  }

  /** Answers now what is still to be answered of a takeover: this process ends. */
  finish(): void {
    this.#replays?.finish();
  }

  stop(): void {
    this.#looks.stop();
    this.#firstSign.stop();
    this.#readers?.stopAll();
    this.#replays?.stop();
    this.#parting.stop();
    for (const { holdings } of this.#former) holdings.close();
    this.#former.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** It shows our own sockets as its. */
  #areOurs({ identities }: Holdings): boolean {
    return identities.some((identity) => this.#own.has(identity));
  }

  /** What is to be read here: once each pair of sockets that the twin does not serve, and the twin's if it needs help. */
  #wanted(served: Holdings | undefined): Map<Holdings, ReadonlySet<string>> {
    const peer = this.#peer();
    const wanted = new Map<Holdings, ReadonlySet<string>>();
    const covered = new Set([...this.#own, ...(served?.identities ?? [])]);
    const held = [...this.#former].map(({ holdings }) => holdings);
    for (const holdings of peer?.holdings === undefined ? held : [...held, peer.holdings]) {
      wanted.set(holdings, new Set(holdings.identities.filter((identity) => !covered.has(identity))));
      for (const identity of holdings.identities) covered.add(identity);
    }
    if (peer?.holdings !== undefined && peer.isReadBeside && !this.#areOurs(peer.holdings))
      wanted.set(peer.holdings, new Set(peer.holdings.identities));
    return wanted;
  }

  /** Its slot has a process again, which has its sockets, or has made new ones. */
  #succeed(former: FormerPeer, served: Holdings): void {
    const { holdings, saidGoodbye } = former;
    const left = holdings.without(new Set(served.identities));
    const isOver =
      former.isLost(monotonicMs()) || (left.length === 0 ? holdings.connections.size === 0 : saidGoodbye);
    if (!isOver)
      this.#unsettled = true; // it lives: it may yet read its sockets, or let go of a connection
    else this.#trying(() => (left.length === 0 ? this.#forget(former) : this.#retire(former, left, served)));
  }

  #tellUnwanted(slot: Slot, endpoints: readonly Endpoint[]): void {
    this.#log.info(UNWANTED, { of: slot, addresses: textsOf(endpoints, this.#handover!.endpoints.port) });
  }

  #forget(former: FormerPeer): void {
    if (this.#handover !== undefined) finishWith(former.holdings, this.#handover, this.#replays!);
    this.#former.delete(former);
    this.letGo(former.holdings);
  }

  /** @param left sockets of its that no process serves  @param served the twin's, if it has come back */
  #retire(former: FormerPeer, left: readonly ListenSockets[], served?: Holdings): void {
    const { holdings } = former;
    const { slot } = holdings;
    const unwanted = left.filter((one) => served !== undefined && !isAmong(one, served.sockets));
    if (unwanted.length > 0) this.#tellUnwanted(slot, unwanted);
    if (unwanted.length < left.length)
      this.#log.warn('the twin made new sockets; its old ones are answered empty and closed', { twin: slot });
    const end = this.#readers!.retire(holdings, identitiesOf(left));
    finishWith(holdings, this.#handover!, this.#replays!);
    this.#former.delete(former);
    this.#parting.add(holdings, () => this.#trying(end));
  }

  /** There are too many. What is sure to be read by no other process takes no more, and is answered. */
  #giveUp(former: FormerPeer): void {
    const peer = this.#peer()?.holdings;
    const others = [peer, ...[...this.#former].map(({ holdings }) => holdings)];
    const known = others.flatMap((one) => (one === former.holdings ? [] : (one?.identities ?? [])));
    const left = former.holdings.without(new Set([...this.#own, ...known]));
    if (left.length > 0 && this.#handover !== undefined && former.isLost(monotonicMs()))
      this.#retire(former, left);
    else this.#forget(former);
    this.settle();
  }

  #bury(former: FormerPeer): void {
    const { holdings, pid, saidGoodbye, isBuried } = former;
    if (this.#handover === undefined) return;
    const condition = former.isLost(monotonicMs()) ? 'dead' : 'unsure';
    if (isBuried)
      this.counters.tornConnections += takeOver(holdings, this.#handover, condition, this.#replays!).torn;
    else if (!holdings.isTakenOver || holdings.connections.size > 0)
      this.#takeOver(holdings, saidGoodbye ? 'left' : 'died', pid, condition);
    former.isBuried = true;
    takeBack(holdings, this.#handover, this.#replays!);
  }

  /** Does the work of a silent twin. Of a dead one the end of its channel comes when its memory was given back. */
  #replace(peer: Peer): void {
    if (!peer.channel.hear()) return; // all is done by then; otherwise we know now what it has done
    const holdings = peer.holdings!;
    if (holdings.state.isGone) this.#takeOver(holdings, peer.leaving ? 'left' : 'died', peer.pid, 'dead');
    else peer.withheldInHand = this.#takeOver(holdings, 'stuck', peer.pid, 'stuck');
  }

  /** Returns what it has in hand and keeps, see `Takeover`. */
  #takeOver(holdings: Holdings, reason: TakeoverReason, pid: number, condition: Condition) {
    const started = performance.now();
    if (!this.#spares) this.#readers!.readAlone(holdings, this.#own);
    const done = takeOver(holdings, this.#handover!, condition, this.#replays!);
    const ms = performance.now() - started;
    this.counters.takeovers[reason]++;
    this.counters.takeoverSeconds += ms / 1000;
    this.counters.tornConnections += done.torn;
    this.takeoverLog.took(reason, holdings, pid, done, ms, monotonicMs());
    return done.withheldInHand;
  }

  /** What fails here (no descriptors left, no memory) must not end the one process that still serves. */
  #trying<T>(task: () => T): T | undefined {
    try {
      return task();
    } catch (error) {
      this.#unsettled = true;
      const now = monotonicMs();
      if (now - this.#failedAt < TOLD_AGAIN) return undefined; // each look may fail, for as long as it lasts
      this.#failedAt = now;
      this.#log.error('the work of the twin could not be taken over; it is tried again', { err: error });
      return undefined;
    }
  }

  /** Tells that we are at work, and sees whether the twin is. Returns whether there is nothing to be seen until something comes. */
  #look(): boolean {
    const [handover, replays] = [this.#handover!, this.#replays!];
    const now = monotonicMs();
    handover.resting.beat(now);
    const ownDelay = this.#ownDelay.look(now);
    const sweeps = !this.#looks.areAwake || ++this.#lookCount % (SWEEP_EVERY / BEAT_EVERY) === 0;
    for (const former of this.#former) {
      const { holdings } = former;
      if (sweeps) adoptRest(holdings, handover, 'given', replays);
      settleWithheld(holdings, handover, replays);
      if (holdings.withheldRecord !== undefined && former.isLost(now))
        adoptWithheld(holdings, handover, replays);
      if (former.hasLeftMore(now)) this.#trying(() => this.#bury(former));
      takeBack(holdings, handover, replays); // that it had taken ours may be found out only now
    }
    for (const holdings of this.#parting.all) takeBack(holdings, handover, replays);
    const peer = this.#peer();
    if (peer?.holdings !== undefined) this.#lookAt(peer, peer.holdings, now, sweeps, ownDelay);
    this.takeoverLog.look(peer, now);
    if (sweeps) this.#swept();
    if (this.#unsettled || !this.#firstReads!.begun) this.settle();
    const isSettled = handover.resting.isIdle && !this.#unsettled && this.#firstReads!.begun;
    if (!isSettled || !othersRest(this.#peer(), this.#former, now)) return false;
    this.#ownDelay.rest();
    return true;
  }

  #lookAt(peer: Peer, holdings: Holdings, now: number, sweeps: boolean, ownDelay: number): void {
    const [handover, replays] = [this.#handover!, this.#replays!];
    // It found its connections taken, and let go of those we could not take or had not heard of.
    if (sweeps || now < peer.letsGoUntil) adoptRest(holdings, handover, 'given', replays);
    if (sweeps && holdings.layout !== undefined) holdings.connections.sweep(holdings.memory, holdings.layout);
    const wasReadBeside = peer.isReadBeside;
    const { health, needsHelp } = peer.look(now, ownDelay);
    if (needsHelp && health !== 'gone') {
      this.counters.stolen++;
      this.takeoverLog.beside(peer, now);
    }
    if (wasReadBeside !== peer.isReadBeside) this.#unsettled = true;
    settleWithheld(holdings, handover, replays);
    const { withheldInHand } = peer;
    if (withheldInHand !== undefined && settleInHand(holdings, handover, withheldInHand, replays))
      peer.withheldInHand = undefined;
    if (health === 'silent' && hasTimeFor(holdings.silence(now), ownDelay))
      this.#trying(() => this.#relief!.look(holdings));
    if (peer.isToBeReplaced(health, now)) this.#trying(() => this.#replace(peer));
  }
}
