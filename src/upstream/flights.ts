// flights — questions being asked upstream: identical ones are asked once, whoever waits gets the same answer.
//
// That is half of the defence against forged answers, too: many open questions for one name would give a guesser as many
// chances (RFC 5452 section 5).

import type { Cache } from '../cache/cache.ts';
import type { Entry } from '../cache/entry.ts';
import { failureEntry } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import { Deadline } from '../loop/deadlines.ts';
import { AD, CD, HEADER_LENGTH, RD } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import type { UpstreamQuestion } from './exchange.ts';
import { Forward, type ForwardContext, type ForwardListener } from './forward.ts';
import type { Route } from './route.ts';

/** A client whose question is being asked. It keeps its own copy of the query. */
export interface Waiter {
  /** Milliseconds of the monotonic clock. */
  readonly received: number;
  /** What comes next is done for it: should the process crash on that, its query is the suspect. */
  inHand(): void;
  /** Answers the client, once. */
  deliver(entry: Entry, now: number): void;
  /** Gives the client up without an answer. */
  abandon(): void;
}

/** How long clients wait for a fresh answer while a stale one lies ready (RFC 8767 section 5: 1.8 s). */
const STALE_AFTER = 1800;
/** No new attempt to replace a stale answer for this long after one failed (RFC 8767 section 5: 30 s). */
const RETRY_AFTER = 30_000;
/** Seconds a failure is remembered (RFC 9520 section 3.2: 1 s to 5 min). */
const FAILURE_TTL = 5;

/** Waiters of one question; an honest node has a few. Beyond, retransmissions can wait for the answer to be cached. */
const MAX_WAITERS = 1000;

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #cache: Cache;
  readonly #counters: Counters;
  readonly #context: ForwardContext;
  readonly #maxWaiting: number;
  #waiting = 0;

  /** @param maxWaiting clients that may wait in all; a single route may hold three quarters of them */
  constructor(cache: Cache, counters: Counters, context: ForwardContext, maxWaiting: number) {
    this.#cache = cache;
    this.#counters = counters;
    this.#context = context;
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

  /** Whether one more client may wait for this route; else it is turned away at once, which costs nothing. */
  admits(route: Route): boolean {
    if (this.#waiting < this.#maxWaiting && route.waiting < this.#maxWaiting * 0.75) return true;
    this.#counters.events.maxConcurrentRejects++;
    return false;
  }

  /** Lets `waiter` wait for the answer to `query`, asking for it unless that is under way. `stale` may help out. */
  join(query: Query, route: Route, waiter: Waiter, stale: Entry | undefined): void {
    let flight = this.#flights.get(query.key);
    if (flight === undefined) {
      flight = this.#depart(query, route, stale);
      if (stale !== undefined) this.#context.deadlines.set(flight, STALE_AFTER);
    } else {
      this.#counters.events.coalesced++;
    }
    if (flight.waiters.length >= MAX_WAITERS) {
      this.#counters.events.unansweredClients++;
      waiter.abandon();
    } else if (flight.fellBack) {
      waiter.deliver(flight.previous!, this.#context.now());
    } else {
      // An array of one at first: pushing to an empty one makes room for 16.
      if (flight.waiters === NOBODY) flight.waiters = [waiter];
      else flight.waiters.push(waiter);
      route.waiting++;
      this.#waiting++;
    }
  }

  /** Asks for a fresh copy of what is still good; nobody waits. */
  refresh(query: Query, route: Route, entry: Entry): void {
    if (this.#flights.has(query.key)) return;
    this.#counters.zones[route.index]!.prefetches[0]! += 1;
    this.#depart(query, route, entry);
  }

  /** The flight is over: `fresh` is its answer, else `rcode` tells how it failed. Called by the flight. */
  land(flight: Flight, fresh: Entry | undefined, rcode: number): void {
    const { key, previous, route } = flight;
    const now = this.#context.now();
    this.#flights.delete(key);
    this.#context.deadlines.cancel(flight);
    // Another instance may have told of it while we asked in vain.
    const known = fresh === undefined ? (this.#cache.find(key, now) ?? previous) : previous;
    let entry = fresh ?? known;
    if (entry === undefined) entry = failureEntry(flight.question, route.index, rcode, now, FAILURE_TTL);
    if (entry === known) {
      // A refresh ahead of time that failed is tried again as soon as the entry runs out: upstream may be well by then.
      entry.retryAfter = now < entry.expires ? entry.expires : now + RETRY_AFTER;
    } else if (entry.ttl > 0 && flight.flags & RD) {
      this.#cache.store(key, entry);
    }
    this.release(flight, entry, now);
  }

  /** Answers all who wait. */
  release(flight: Flight, entry: Entry, now: number): void {
    const { waiters } = flight;
    flight.waiters = NOBODY;
    this.#waiting -= waiters.length;
    flight.route.waiting -= waiters.length;
    for (const waiter of waiters) waiter.deliver(entry, now);
  }

  /** Drops everything unanswered. */
  close(): void {
    for (const flight of this.#flights.values()) {
      flight.forward.cancel();
      this.#context.deadlines.cancel(flight);
    }
    this.#flights.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #depart(query: Query, route: Route, previous: Entry | undefined): Flight {
    const flight = new Flight(this, query, route, previous);
    flight.forward = new Forward(this.#context, route, flight, flight);
    this.#flights.set(flight.key, flight);
    flight.forward.start();
    return flight;
  }
}

const NOBODY: Waiter[] = [];

const questionBytes = Buffer.alloc(512);

/** One question under way; as a deadline it is the moment when those waiting are given the stale answer instead. */
class Flight extends Deadline implements UpstreamQuestion, ForwardListener {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly route: Route;
  /** What the cache holds for the question, to fall back on; never a failure. */
  readonly previous: Entry | undefined;
  waiters: Waiter[] = NOBODY;
  /** The stale answer has been given out; whoever still comes gets it at once. */
  fellBack = false;
  forward!: Forward;
  readonly #flights: Flights;

  constructor(flights: Flights, query: Query, route: Route, previous: Entry | undefined) {
    super();
    const length = query.nameLength + 4;
    for (let i = 0; i < length; i++) questionBytes[i] = query.bytes[query.start + HEADER_LENGTH + i]!;
    this.question = questionBytes.toString('latin1', 0, length);
    this.key = query.key;
    this.nameLength = query.nameLength;
    this.flags = (query.flags & (RD | CD)) | AD;
    this.dnssecOk = query.dnssecOk;
    this.route = route;
    this.previous = previous;
    this.#flights = flights;
  }

  override expire(now: number): void {
    this.fellBack = true;
    this.#flights.release(this, this.previous!, now);
  }

  responseInHand(): void {
    this.waiters[0]?.inHand();
  }

  answered(entry: Entry): void {
    this.#flights.land(this, entry, entry.rcode);
  }

  failed(rcode: number): void {
    this.#flights.land(this, undefined, rcode);
  }
}
