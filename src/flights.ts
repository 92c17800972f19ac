// flights — questions being asked upstream: identical ones are asked once, whoever waits gets the same answer.
//
// That is half of the defence against forged answers, too: many open questions for one name would give a guesser as many
// chances (RFC 5452 section 5).

import type { Cache } from './cache.ts';
import type { Counters } from './counters.ts';
import { Deadline } from './deadlines.ts';
import { OPT_LENGTH } from './edns.ts';
import type { Entry } from './entry.ts';
import { Forward, type ForwardContext, type ForwardResult } from './forward.ts';
import {
  AD,
  ARCOUNT,
  CD,
  FLAGS,
  HEADER_LENGTH,
  MAX_UDP,
  QDCOUNT,
  RD,
  TYPE_OPT,
  writeUint16,
} from './message.ts';
import { type Query, VARIANT_NO_RD } from './query.ts';
import type { Route } from './route.ts';
import { failureEntry } from './verdict.ts';

/** A client whose question is being asked. It keeps its own copy of the query. */
export interface Waiter {
  /** Milliseconds of the monotonic clock. */
  readonly received: number;
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

  /** Whether one more client may wait for this question; else it is turned away at once, which costs nothing. */
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
      return;
    }
    if (flight.fellBack) {
      waiter.deliver(flight.previous!, this.#context.now());
      return;
    }
    flight.waiters.push(waiter);
    route.waiting++;
    this.#waiting++;
  }

  /** Asks for a fresh copy of what is still good; nobody waits. */
  refresh(query: Query, route: Route, entry: Entry): void {
    if (this.#flights.has(query.key)) return;
    this.#counters.zones[route.index]!.prefetches[0]! += 1;
    this.#depart(query, route, entry);
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
    const { key, nameLength } = query;
    const keep = (key.charCodeAt(key.length - 1) & VARIANT_NO_RD) === 0;
    const message = upstreamMessage(query);
    const flight = new Flight(route, previous, (now) => this.#release(flight, previous!, now));
    flight.forward = new Forward(this.#context, route, message, nameLength, (result) =>
      this.#land(key, flight, message, keep, result),
    );
    this.#flights.set(key, flight);
    flight.forward.start();
    return flight;
  }

  #land(key: string, flight: Flight, message: Buffer, keep: boolean, result: ForwardResult): void {
    const now = this.#context.now();
    const { previous, route } = flight;
    this.#flights.delete(key);
    this.#context.deadlines.cancel(flight);
    let entry: Entry;
    if (result.outcome === 'answer') {
      entry = result.entry;
      if (keep && entry.ttl > 0) this.#cache.store(key, entry);
    } else if (previous !== undefined && previous.kind !== 'failure') {
      entry = previous;
      // A refresh ahead of time that failed is tried again as soon as the entry runs out: upstream may be well by then.
      previous.retryAfter = now < previous.expires ? previous.expires : now + RETRY_AFTER;
    } else {
      const question = message.toString('latin1', HEADER_LENGTH, message.length - OPT_LENGTH);
      entry = failureEntry(question, route.index, result.rcode, now, FAILURE_TTL);
      if (keep) this.#cache.store(key, entry);
    }
    this.#release(flight, entry, now);
  }

  /** Answers all who wait. */
  #release(flight: Flight, entry: Entry, now: number): void {
    const waiters = flight.waiters.splice(0);
    this.#waiting -= waiters.length;
    flight.route.waiting -= waiters.length;
    for (const waiter of waiters) waiter.deliver(entry, now);
  }
}

/** One question under way; as a deadline it is the moment when those waiting are given the stale answer instead. */
class Flight extends Deadline {
  readonly route: Route;
  /** What the cache holds for the question, to fall back on. */
  readonly previous: Entry | undefined;
  readonly waiters: Waiter[] = [];
  /** The stale answer has been given out; whoever still comes gets it at once. */
  fellBack = false;
  forward!: Forward;
  readonly #onExpire: (now: number) => void;

  constructor(route: Route, previous: Entry | undefined, onExpire: (now: number) => void) {
    super();
    this.route = route;
    this.previous = previous;
    this.#onExpire = onExpire;
  }

  override expire(now: number): void {
    this.fellBack = true;
    this.#onExpire(now);
  }
}

/** The query as it goes upstream: the client's spelling, RD, CD and DO; our own EDNS; none of its options. */
function upstreamMessage(query: Query): Buffer {
  const questionLength = query.nameLength + 4;
  const message = Buffer.allocUnsafe(HEADER_LENGTH + questionLength + OPT_LENGTH);
  message.fill(0);
  writeUint16(message, FLAGS, (query.flags & (RD | CD)) | AD);
  writeUint16(message, QDCOUNT, 1);
  writeUint16(message, ARCOUNT, 1);
  const question = query.start + HEADER_LENGTH;
  message.set(query.bytes.subarray(question, question + questionLength), HEADER_LENGTH);
  const opt = HEADER_LENGTH + questionLength;
  writeUint16(message, opt + 1, TYPE_OPT);
  writeUint16(message, opt + 3, MAX_UDP);
  if (query.dnssecOk) message[opt + 7] = 0x80;
  return message;
}
