// flights — questions being asked upstream: identical ones are asked once, and all their waiters get the same answer.
//
// That is half of the defence against forged answers, too: many open questions for one name would give a guesser as many
// chances (RFC 5452 section 5).

import type { Cache } from '../cache/cache.ts';
import type { Entry } from '../cache/entry.ts';
import { failureEntry } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import { NOERROR, type Rcode, RD, SERVFAIL } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import { Flight, type FlightContext, type Waiter } from './flight.ts';
import type { Route } from './route.ts';

/** No new attempt to replace a stale answer for this long after one failed (RFC 8767 section 5: 30 s). */
const RETRY_AFTER = 30_000;
/** Seconds a failure is remembered (RFC 9520 section 3.2: 1 s to 5 min). */
const FAILURE_TTL = 5;
/** … after one that this machine did not let us make. */
const RETRY_AFTER_HINDRANCE = 1000;

/** Waiters of one question; an honest node has a few. Beyond, retransmissions can wait for the answer to be cached. */
const MAX_WAITERS = 1000;

/** What tells flights the time. */
export type FlightTimes = Pick<FlightContext, 'deadlines' | 'now' | 'wallSeconds'>;

export class Flights implements FlightContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
  readonly #flights = new Map<string, Flight>();
  readonly #cache: Cache;
  readonly #counters: Counters;
  readonly #maxWaiting: number;
  #waiting = 0;

  /** @param maxWaiting clients that may wait in all; a single route may hold three quarters of them */
  constructor(cache: Cache, counters: Counters, times: FlightTimes, maxWaiting: number) {
    this.deadlines = times.deadlines;
    this.events = counters.events;
    this.now = times.now;
    this.wallSeconds = times.wallSeconds;
    this.#cache = cache;
    this.#counters = counters;
    this.#maxWaiting = maxWaiting;
  }

  /** Questions being asked. */
  get size(): number {
    return this.#flights.size;
  }

  /** Clients waiting. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether one more client may wait for this route; a refusal at once costs nothing. */
  admit(route: Route): Rcode {
    if (this.#waiting < this.#maxWaiting && route.waiting < this.#maxWaiting * 0.75) return NOERROR;
    this.events.maxConcurrentRejects++;
    return SERVFAIL;
  }

  /** Lets `waiter` wait for the answer to `query`, asking it unless that is under way. `stale` is for when that takes long. */
  join(query: Query, route: Route, waiter: Waiter, stale: Entry | undefined): void {
    let flight = this.#flights.get(query.key);
    if (flight === undefined) {
      flight = this.#depart(query, route, stale);
      if (stale !== undefined) flight.fallBackLater();
    } else {
      this.events.coalesced++;
    }
    if (flight.waiting >= MAX_WAITERS) {
      this.events.unansweredClients++;
      waiter.abandon();
    } else if (flight.fellBack) {
      waiter.deliver(flight.previous!, this.now());
    } else {
      flight.addWaiter(waiter);
      route.waiting++;
      this.#waiting++;
    }
  }

  /** Asks for a fresh copy of what is still good; no client waits for it. */
  refresh(query: Query, route: Route, entry: Entry): void {
    if (this.#flights.has(query.key)) return;
    this.#counters.zones[route.index]!.prefetches[0]! += 1;
    this.#depart(query, route, entry);
  }

  land(flight: Flight, fresh: Entry | undefined, rcode: number): void {
    const { key, previous, route } = flight;
    const now = this.now();
    this.#flights.delete(key);
    // The twin may have told us of it while we asked in vain.
    const known = fresh === undefined ? (this.#cache.peek(key, now) ?? previous) : previous;
    let entry = fresh ?? known;
    // What is no server's fault is for those who wait, and not kept.
    const failureTtl = flight.hindered ? 0 : FAILURE_TTL;
    if (entry === undefined) entry = failureEntry(flight.question, route.index, rcode, now, failureTtl);
    if (entry === known) {
      // A refresh ahead of time that failed is tried again as soon as the entry runs out: upstream may be well by then.
      const rest = flight.hindered ? RETRY_AFTER_HINDRANCE : RETRY_AFTER;
      entry.retryAfter = now < entry.expires ? entry.expires : now + rest;
    } else if (entry.ttl === 0) {
      this.#cache.remove(key); // what may not be kept is true all the same, and what was kept is not any more
    } else if (flight.flags & RD) {
      this.#cache.store(key, entry);
    }
    this.release(flight, entry, now);
  }

  release(flight: Flight, entry: Entry, now: number): void {
    const waiters = flight.takeWaiters();
    this.#waiting -= waiters.length;
    flight.route.waiting -= waiters.length;
    for (const waiter of waiters) waiter.deliver(entry, now);
  }

  /** Drops everything unanswered. */
  close(): void {
    for (const flight of this.#flights.values()) flight.cancel();
    this.#flights.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #depart(query: Query, route: Route, previous: Entry | undefined): Flight {
    const flight = new Flight(this, query, route, previous);
    this.#flights.set(flight.key, flight);
    flight.depart();
    return flight;
  }
}

/** When asking for what is kept failed: a failure, or an answer that has run out and was not to be had. */
export function triedAt(entry: Entry): number {
  return entry.kind === 'failure' ? entry.stored : entry.retryAfter - RETRY_AFTER;
}
