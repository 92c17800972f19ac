// flights — questions being asked upstream: identical ones are asked once, and all their waiters get the same answer.
//
// That is half of the defence against forged answers, too: many open questions for one name would give a guesser as many
// chances (RFC 5452 section 5).

import type { Bound } from '../budget.ts';
import type { Cache } from '../cache/cache.ts';
import type { Entry } from '../cache/entry.ts';
import { type Failure, failureEntry } from '../cache/verdict.ts';
import { type Counters, countNotKept, countServfail, type NotKeptReason } from '../counters.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { Slices } from '../loop/slices.ts';
import { RD, SERVFAIL } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import type { Zone } from '../zone/zone.ts';
import { servfailReason } from './failure.ts';
import { Flight, type FlightContext } from './flight.ts';
import type { Asker, Waiter } from './waiter.ts';
import { WaitingLines } from './waiting-lines.ts';

/** No new attempt to replace a stale answer for this long after one failed (RFC 8767 section 5: 30 s). */
const RETRY_AFTER = 30_000;
/** … after one that this machine did not let us make. */
const RETRY_AFTER_HINDRANCE = 1000;

/** Bytes of heap that a query which waits takes beside its message: objects, a place in several lists; measured. */
const WAITER_BYTES = 600;
/** Bytes of heap that a question takes while it is asked: objects, strings, deadlines, what was sent; measured. */
const QUESTION_BYTES = 2000;
/** Part of the bytes that questions without a waiter may take: those asked ahead of time, or after a stale answer was given. */
const REFRESH_PART = 1 / 8;
/** Queries that give way to one, at most. */
const WAYS = 8;

/** What a query is answered that gives way to others. */
const REFUSED_PLACE: Failure = { rcode: SERVFAIL, ede: -1 };

/** What flights run on: what tells them the time, and where they do what may take long. */
export interface FlightsParts extends Pick<FlightContext, 'deadlines' | 'now' | 'wallSeconds' | 'onPanic'> {
  readonly slices: Slices;
  /** No server has answered the question of a flight. */
  readonly onFailure: (flight: Flight, failure: Failure, now: number) => void;
}

/** copy: the same client waits with the same id already, and one answer is all it can use. */
export type Admission = 'admitted' | 'copy' | 'refused';

export class Flights implements FlightContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
  readonly onPanic: (error: unknown) => void;
  readonly #slices: Slices;
  readonly #onFailure: FlightsParts['onFailure'];
  readonly #flights = new Map<string, Flight>();
  /** Of zones that are answered otherwise by now: what comes is for those who wait already, and not kept. */
  readonly #outdated = new Set<Flight>();
  readonly #cache: Cache;
  readonly #counters: Counters;
  readonly #bound: Bound;
  readonly #lines: WaitingLines;
  /** Held by questions without a waiter. */
  #refreshing = 0;
  #waiting = 0;

  /** @param floors what part of the bound each zone has for itself, by its index */
  constructor(
    cache: Cache,
    counters: Counters,
    parts: FlightsParts,
    bound: Bound,
    floors: readonly number[],
  ) {
    this.deadlines = parts.deadlines;
    this.events = counters.events;
    this.now = parts.now;
    this.wallSeconds = parts.wallSeconds;
    this.onPanic = parts.onPanic;
    this.#slices = parts.slices;
    this.#onFailure = parts.onFailure;
    this.#cache = cache;
    this.#counters = counters;
    this.#bound = bound;
    this.#lines = new WaitingLines(bound, floors);
  }

  /** Another plan holds. @param floors by where queries of its zones wait  @param isOver whether a zone is none of it */
  setZones(floors: readonly number[], isOver: (zone: Zone) => boolean): void {
    this.#lines.setFloors(floors);
    for (const flight of this.#flights.values()) {
      if (!isOver(flight.zone)) continue;
      this.#flights.delete(flight.key);
      this.#outdated.add(flight);
    }
  }

  /** Questions being asked. */
  get size(): number {
    return this.#flights.size + this.#outdated.size;
  }

  /** Clients waiting. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Questions are not asked as often as they might then. */
  get isCrowded(): boolean {
    return this.#lines.isCrowded;
  }

  /** Whether one more query may wait in this zone; others may have to give way for it. */
  admit(query: Query, zone: Zone, asker: Asker, now: number): Admission {
    const flight = this.#flights.get(query.key);
    if (flight !== undefined && flight.waiters.count > 0 && flight.waiters.has(asker.sender(query))) {
      this.events.duplicateQueries++;
      return 'copy';
    }
    if (!this.#lines.keepsPace(zone.lines, asker.share, now)) return this.#refuse();
    const bytes = WAITER_BYTES + query.length + QUESTION_BYTES;
    for (let ways = 0; !this.#lines.hasRoom(zone.lines, bytes); ways++) {
      const waiter = ways < WAYS ? this.#lines.candidate(zone.lines, asker.share, now) : undefined;
      if (waiter === undefined) return this.#refuse();
      this.#giveWay(waiter, now);
    }
    return 'admitted';
  }

  /** Lets `waiter` wait for the answer to `query`, asking it unless that is under way. `stale` is for when that takes long. */
  join(query: Query, zone: Zone, waiter: Waiter, stale: Entry | undefined, asker: Asker): void {
    let flight = this.#flights.get(query.key);
    const isNew = flight === undefined;
    if (flight === undefined) {
      flight = this.#depart(query, zone, stale, asker);
      if (stale !== undefined) flight.fallBackAfter(zone.stale.after);
    } else {
      this.events.coalesced++;
    }
    this.#waiting++;
    if (flight.fellBack) return this.#deliver(waiter, flight.previous!, this.now());
    waiter.question = flight;
    waiter.charged = WAITER_BYTES + waiter.length;
    if (isNew) {
      waiter.charged += QUESTION_BYTES;
      flight.payer = waiter;
    }
    flight.waiters.add(waiter);
    this.#lines.enter(zone.lines, waiter);
  }

  /** Asks for a fresh copy of what is still good, unless there is much else to ask; no client waits for it. */
  refresh(query: Query, zone: Zone, entry: Entry, asker: Asker): void {
    if (this.#flights.has(query.key) || !this.#hasRoomToRefresh()) return;
    this.#counters.zones[zone.index]!.prefetches[0]! += 1;
    this.#depart(query, zone, entry, asker);
    this.#refresh(QUESTION_BYTES);
  }

  land(flight: Flight, fresh: Entry | undefined, failure: Failure, notKept?: NotKeptReason): void {
    const { key, previous, zone } = flight;
    if (notKept !== undefined) countNotKept(this.#counters.zones[zone.index]!, notKept);
    const now = this.now();
    const mayKeep = this.#forget(flight);
    if (fresh === undefined) this.#onFailure(flight, failure, now);
    // The twin may have told us of it while we asked in vain; that it asked in vain, too, is no help.
    const told = fresh === undefined ? this.#cache.peek(key, now) : undefined;
    const known = told === undefined || told.kind === 'failure' ? previous : told;
    let entry = fresh ?? known;
    // What is no server's fault is for those who wait, and not kept.
    const failureTtl = flight.isHindered ? 0 : (zone.cache?.failure ?? 0) / 1000;
    if (entry === undefined) entry = failureEntry(flight.question, zone.index, failure, now, failureTtl);
    if (entry === known) {
      // A refresh ahead of time that failed is tried again as soon as the entry runs out: upstream may be well by then.
      const rest = flight.isHindered ? RETRY_AFTER_HINDRANCE : RETRY_AFTER;
      entry.retryAfter = now < entry.expires ? entry.expires : now + rest;
    } else if (!mayKeep) {
      // What is answered now is another zone's.
    } else if (entry.ttl === 0) {
      this.#cache.remove(key); // what may not be kept is true all the same, and what was kept is not any more
    } else if (flight.flags & RD && zone.keeps(entry, key)) {
      this.#cache.store(key, entry);
    }
    if (entry.kind === 'failure') this.#countServfails(flight, failure);
    this.#release(flight, entry, now);
  }

  /** Gives all waiters the entry; the flight goes on without them, if there is room for such. */
  release(flight: Flight, entry: Entry, now: number): void {
    const hadPayer = flight.payer !== undefined;
    this.#release(flight, entry, now);
    if (!hadPayer) return;
    if (this.#hasRoomToRefresh()) return this.#refresh(QUESTION_BYTES);
    entry.retryAfter = now + RETRY_AFTER;
    flight.cancel();
    this.#drop(flight);
  }

  /** Drops everything unanswered. */
  close(): void {
    for (const flight of [...this.#flights.values(), ...this.#outdated]) flight.cancel();
    this.#flights.clear();
    this.#outdated.clear();
    this.#slices.stop();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #countServfails({ waiters, zone, key, nameLength }: Flight, failure: Failure): void {
    const hasServers =
      (zone.forwardOf(key, nameLength)?.upstreams.length ?? 0) > 0 || zone.block.steps.length > 0;
    countServfail(this.#counters.zones[zone.index]!, servfailReason(failure, hasServers), waiters.count);
  }

  #refuse(): Admission {
    this.events.maxConcurrentRejects++;
    this.#bound.refuse();
    return 'refused';
  }

  #depart(query: Query, zone: Zone, previous: Entry | undefined, asker: Asker): Flight {
    const flight = new Flight(this, query, zone, previous, asker);
    this.#flights.set(flight.key, flight);
    flight.depart();
    return flight;
  }

  #hasRoomToRefresh(): boolean {
    return this.#refreshing < this.#bound.most * REFRESH_PART && this.#bound.hasRoom(QUESTION_BYTES);
  }

  #refresh(bytes: number): void {
    this.#refreshing += bytes;
    this.#bound.take(bytes);
  }

  /** Whether what it has brought may be kept. */
  #forget(flight: Flight): boolean {
    if (flight.payer === undefined) this.#refresh(-QUESTION_BYTES);
    return this.#drop(flight);
  }

  /** Whether it was one of those that others may join. */
  #drop(flight: Flight): boolean {
    return !this.#outdated.delete(flight) && this.#flights.delete(flight.key);
  }

  #release(flight: Flight, entry: Entry, now: number): void {
    flight.payer = undefined;
    const first = flight.waiters.takeAll();
    for (let waiter = first; waiter !== undefined; waiter = waiter.later) this.#lines.leave(waiter);
    if (first === undefined) return;
    if (first.later === undefined) this.#deliver(first, entry, now);
    else this.#deliverAll(first, entry, now);
  }

  #deliverAll(first: Waiter, entry: Entry, now: number): void {
    let next: Waiter | undefined = first;
    this.#slices.start(() => {
      const waiter = next;
      next = waiter?.later;
      if (waiter !== undefined) this.#deliver(waiter, entry, now);
      return next !== undefined;
    });
  }

  #deliver(waiter: Waiter, entry: Entry, now: number): void {
    this.#waiting--;
    waiter.deliver(entry, now);
  }

  /** The waiter gives its place to another query, and gets what there is: a stale answer, or SERVFAIL. */
  #giveWay(waiter: Waiter, now: number): void {
    const flight = waiter.question as Flight;
    this.#lines.leave(waiter);
    flight.waiters.remove(waiter);
    this.#bound.refuse();
    const { first } = flight.waiters;
    if (flight.payer === waiter) {
      flight.payer = first;
      if (first !== undefined) this.#lines.charge(first, QUESTION_BYTES);
      else {
        flight.cancel();
        this.#drop(flight);
      }
    }
    const { question, previous, zone } = flight;
    if (previous === undefined) countServfail(this.#counters.zones[zone.index]!, 'limit');
    // Not now: another query is being answered.
    this.#slices.startLater(() => {
      this.#deliver(waiter, previous ?? failureEntry(question, zone.index, REFUSED_PLACE, now, 0), now);
      return false;
    });
  }
}

/** When asking for what is kept failed: a failure, or an answer that has run out and was not to be had. */
export function triedAt(entry: Entry): number {
  return entry.kind === 'failure' ? entry.stored : entry.retryAfter - RETRY_AFTER;
}
