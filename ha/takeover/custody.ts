// custody — who reads whose sockets: each process its own, and we those of one that is gone, leaving or stuck. What is wanted
// follows from what is held: sockets nobody else serves are read here. Every change is made by `settle`.

import { monotonicMs } from 'node-reuseport';
import type { Slot } from '../../src/config.ts';
import { BEAT } from '../../src/handover/arena-words.ts';
import type { Served } from '../../src/listen/slot-listeners.ts';
import { enlargeBuffers, type ListenSockets } from '../../src/listen/sockets.ts';
import type { Log } from '../../src/log/log.ts';
import type { Resolver } from '../../src/resolver.ts';
import type { SocketsRead, TakeoverReason } from '../../src/status.ts';
import { type Estate, identityOf } from '../peers/holdings.ts';
import type { Peer } from '../peers/peer.ts';
import { LOOK } from '../peers/queue-watch.ts';
import { type CustodyCounters, custodyCounters } from './custody-counters.ts';
import { Beginning } from './first-reads.ts';
import { Orphan } from './former-peer.ts';
import { socketsRead } from './sockets-read.ts';
import { type Condition, inherit, inheritRest, settleLeft, settleOpen, takeBack } from './takeover.ts';

/** By then every question is answered, one way or the other (forward: 4 s), milliseconds. */
const ANSWERS_DUE = 6000;
/** Milliseconds without a sign of life after which what a process had received is answered here. */
const SILENT = 100;
/** Looks for which a newcomer is helped: a second. */
const NEWCOMER = 100;
/** Looks between two at connections that were closed. */
const SWEEP = 10;

export class Custody {
  readonly counters: CustodyCounters = custodyCounters();
  readonly #log: Log;
  readonly #peers: () => Iterable<Peer>;
  /** Of processes whose channel has ended. */
  readonly #orphans = new Set<Orphan>();
  readonly #reading = new Map<Estate, Served>();
  #resolver: Resolver | undefined;
  #beginning: Beginning | undefined;
  #own = '';
  #looking: NodeJS.Timeout | undefined;
  #looks = 0;
  /** What is read may not be what is wanted: that is tried again at the next look. */
  #unsettled = false;

  constructor(log: Log, peers: () => Iterable<Peer>) {
    this.#log = log;
    this.#peers = peers;
  }

  /** From now on there is somebody to read for others. */
  start(resolver: Resolver): void {
    this.#resolver = resolver;
    this.#own = identityOf(resolver.sockets);
    this.#beginning = new Beginning(resolver.slot, this.#own, () => resolver.begin());
    this.#looking = setInterval(() => this.#trying(() => this.#look()), LOOK);
    for (const orphan of this.#orphans) this.#trying(() => this.#bury(orphan));
    this.settle();
  }

  /** The sockets of that slot, if any are held: they are its next process's for the asking. */
  offer(slot: Slot): readonly ListenSockets[] {
    if (slot === this.#resolver?.slot) return this.#resolver.sockets;
    return this.#estates().findLast((estate) => estate.slot === slot)?.sockets ?? [];
  }

  /**
   * The sockets of a slot whose process is gone, for one that speaks another protocol. It does not tell whether it reads them,
   * so they are read here, too.
   */
  lend(slot: Slot): readonly ListenSockets[] {
    const orphan = [...this.#orphans].findLast(({ estate }) => estate.slot === slot);
    if (orphan === undefined) return [];
    orphan.lent = true;
    return orphan.estate.sockets;
  }

  /** Sockets that somebody has to read when we do not any more. */
  get heritage(): readonly { readonly slot: Slot; readonly sockets: readonly ListenSockets[] }[] {
    const { slot, sockets } = this.#resolver!;
    return [{ slot, sockets }, ...[...this.#orphans].map(({ estate }) => estate)];
  }

  /** Sockets were left to us by a process of which nothing else is known. */
  inherits(estate: Estate, pid: number): void {
    const known = [this.#own, ...[...this.#orphans].map((orphan) => orphan.estate.identity)];
    if (known.includes(estate.identity)) return estate.close();
    this.#orphans.add(new Orphan(estate, { leaving: true, pid }));
    this.counters.takeovers.left++;
    this.#log.info('the twin left its sockets to us: they are read here', { slot: estate.slot, pid });
    this.settle();
  }

  /** Reads no more what others may read: whatever happens to our sockets must not happen to theirs. */
  spareLent(): void {
    for (const { estate, lent } of this.#orphans) if (lent) this.#reading.get(estate)?.stop();
  }

  /** Whose sockets are read here beside our own. */
  get reading(): readonly SocketsRead[] {
    return socketsRead(this.#reading.keys(), [...this.#peers()], this.#orphans);
  }

  /** A process tells what it has: from now on it reads that. */
  serves(peer: Peer, estate: Estate): void {
    enlargeBuffers(estate.sockets);
    // It is slow at first: whoever has read its sockets until now goes on beside it for a while.
    if ([...this.#reading.keys()].some(({ identity }) => identity === estate.identity)) peer.lend(NEWCOMER);
    this.settle();
  }

  /** The channel to a process has ended. */
  gone(estate: Estate, peer: Peer): void {
    const orphan = new Orphan(estate, peer);
    this.#orphans.add(orphan);
    this.#trying(() => this.#bury(orphan));
    this.settle();
  }

  /** Reads what is to be read here now: somebody came, or leaves, or is gone. */
  settle(): void {
    if (this.#resolver === undefined) return;
    this.#trying(() => this.#beginning!.look(this.#peers()));
    this.#unsettled = true;
    const served = new Set([this.#own]);
    const slots = new Set<Slot>([this.#resolver.slot]);
    for (const { estate, leaving } of this.#peers()) {
      if (estate === undefined || leaving) continue;
      served.add(estate.identity);
      slots.add(estate.slot);
    }
    const wanted = this.#wanted(served);
    const read = new Set([...wanted].map(({ identity }) => identity));
    for (const [estate, reading] of this.#reading) {
      if (wanted.has(estate)) continue;
      reading.receive();
      reading.stop();
      this.#reading.delete(estate);
      if (served.has(estate.identity) && !read.has(estate.identity))
        this.#log.info('the twin reads its sockets alone', { slot: estate.slot });
    }
    this.#unsettled = false;
    for (const estate of wanted) {
      if (!this.#reading.has(estate)) this.#trying(() => this.#read(estate));
    }
    for (const orphan of this.#orphans) {
      if (served.has(orphan.estate.identity)) this.#trying(() => this.#forget(orphan));
      else if (!slots.has(orphan.estate.slot)) continue;
      else if (orphan.left || orphan.isDead(monotonicMs())) this.#trying(() => this.#retire(orphan));
      else this.#unsettled = true; // it may yet read them
    }
  }

  /** Keeps what was held of a process until questions that came in by it are answered. */
  letGo(estate: Estate): void {
    setTimeout(() => estate.close(), ANSWERS_DUE).unref();
  }

  stop(): void {
    clearInterval(this.#looking);
    for (const reading of this.#reading.values()) reading.stop();
    for (const { estate } of this.#orphans) estate.close();
    this.#orphans.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #estates(): Estate[] {
    const living = [...this.#peers()].flatMap(({ estate }) => estate ?? []);
    return [...[...this.#orphans].map(({ estate }) => estate), ...living];
  }

  #read(estate: Estate): void {
    const reading = this.#resolver!.serve(estate.sockets);
    this.#reading.set(estate, reading);
    reading.receive();
  }

  /** Estates whose sockets are to be read here: one for each set of sockets nobody else serves, and those helped with. */
  #wanted(served: ReadonlySet<string>): Set<Estate> {
    const wanted = new Set<Estate>();
    const covered = new Set(served);
    for (const estate of this.#estates()) {
      if (covered.has(estate.identity)) continue;
      covered.add(estate.identity);
      wanted.add(estate);
    }
    for (const { estate, lent } of this.#peers()) if (estate !== undefined && lent > 0) wanted.add(estate);
    return wanted;
  }

  #forget(orphan: Orphan): void {
    this.#finish(orphan);
    this.#orphans.delete(orphan);
    this.letGo(orphan.estate);
  }

  /** Its slot has other sockets now: these take no more, and what is in them is answered. */
  #retire(orphan: Orphan): void {
    const { estate } = orphan;
    this.#log.warn('the twin made new sockets; its old ones are answered empty and closed', {
      slot: estate.slot,
    });
    const reading = this.#reading.get(estate) ?? this.#resolver!.serve(estate.sockets);
    this.#reading.delete(estate);
    reading.retire();
    this.#finish(orphan);
    this.#orphans.delete(orphan);
    setTimeout(() => {
      reading.receive();
      reading.stop();
      estate.close();
    }, ANSWERS_DUE).unref();
  }

  #bury(orphan: Orphan): void {
    const { estate, left, pid } = orphan;
    if (this.#resolver === undefined) return;
    if (!estate.isInherited || estate.connections.size > 0)
      this.#inherit(estate, left ? 'left' : 'died', pid, orphan.isDead(monotonicMs()) ? 'dead' : 'unsure');
    takeBack(estate, this.#resolver);
  }

  /** Does the work of one that is silent. Of one that is dead the end of its channel comes when its memory was given back. */
  #replace(peer: Peer): void {
    if (!peer.channel.hear()) return; // all is done by then; otherwise we know now what it has done
    const { estate, leaving, pid } = peer;
    if (estate!.life.isGone) this.#inherit(estate!, leaving ? 'left' : 'died', pid, 'dead');
    else peer.open = this.#inherit(estate!, 'stuck', pid, 'stuck');
  }

  /** Goes on with the connection that was left, if there is one. */
  #finish(orphan: Orphan): void {
    if (orphan.estate.left >= 0) inheritRest(orphan.estate, this.#resolver!, 'all');
    orphan.estate.left = -1;
  }

  /** Returns what it has in hand and is left, as `Inheritance.open`. */
  #inherit(estate: Estate, reason: TakeoverReason, pid: number, condition: Condition): number {
    const started = performance.now();
    const found = inherit(estate, this.#resolver!, condition);
    const ms = performance.now() - started;
    this.counters.takeovers[reason]++;
    this.counters.takeoverSeconds += ms / 1000;
    this.counters.tornConnections += found.torn;
    this.#log[reason === 'left' ? 'info' : 'warn'](`twin ${reason}: its queries are answered here`, {
      slot: estate.slot,
      pid,
      replayed: found.replayed,
      connections: found.connections,
      ...(found.torn > 0 ? { torn: found.torn } : {}),
      ...(estate.left >= 0 ? { left: 1 } : {}),
      ...(found.suspects > 0 ? { suspects: found.suspects } : {}),
      ms: Math.round(ms * 100) / 100,
    });
    if (estate.layout === undefined)
      this.#log.warn('the arena of the twin has a layout unknown here; what it held is not answered');
    return found.open;
  }

  /** What fails here (no descriptors left, no memory) must not end the one process that still serves. */
  #trying(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#unsettled = true;
      this.#log.error('the work of the twin could not be taken over', { err: error });
    }
  }

  /** Tells that we are at work, and sees who is not. */
  #look(): void {
    const resolver = this.#resolver!;
    const now = monotonicMs();
    resolver.journal.beat(now);
    const sweeping = ++this.#looks % SWEEP === 0;
    for (const orphan of this.#orphans) {
      if (sweeping) inheritRest(orphan.estate, resolver, 'given');
      settleLeft(orphan.estate, resolver);
      if (orphan.estate.left >= 0 && orphan.isDead(now)) this.#finish(orphan);
    }
    for (const peer of this.#peers()) {
      const { estate } = peer;
      if (estate === undefined) continue;
      // It found its connections taken, and let go of those we could not take or had not heard of.
      if (sweeping || now < peer.givingUntil) inheritRest(estate, resolver, 'given');
      if (sweeping && estate.layout !== undefined) estate.connections.sweep(estate.memory, estate.layout);
      estate.life.observe(estate.word(BEAT), estate.silence(now));
      const helped = peer.lent > 0;
      if (peer.look(peer.isSilent(now, SILENT)) && !estate.life.isGone) {
        this.counters.stolen++;
        this.#log.warn('the twin does not read its sockets; reading beside it', { pid: peer.pid });
      }
      if (helped !== peer.lent > 0) this.#unsettled = true;
      settleLeft(estate, resolver);
      if (peer.open > 0 && settleOpen(estate, resolver, peer.open)) peer.open = 0;
      if (peer.fellSilent(now, SILENT)) this.#trying(() => this.#replace(peer));
    }
    if (this.#unsettled || !this.#beginning!.isOver) this.settle();
  }
}
