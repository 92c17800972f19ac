// flight — a question under way: the servers of its route are asked until one answers, on behalf of all its waiters.
//
//   send 1 ──800 ms──► send 2 ──1200 ms──► send 3 ──2000 ms──► given up        (any response ends it, late ones too)
//   refused, failed: next send at once       TC=1: same server over TCP        FORMERR: same server without EDNS
//   a stale answer is at hand: waiters are given it after 1800 ms, and the flight goes on

import type { Entry } from '../cache/entry.ts';
import { judge } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import { Deadline, type DeadlineOwner, type Deadlines } from '../loop/deadlines.ts';
import {
  AD,
  CD,
  FLAGS,
  FORMERR,
  HEADER_LENGTH,
  RCODE_MASK,
  RD,
  readUint16,
  SERVFAIL,
} from '../message/message.ts';
import type { Query } from '../message/query.ts';
import type { ResponseView } from '../message/records.ts';
import {
  type Asked,
  Exchange,
  type ExchangeFailure,
  type Transport,
  type UpstreamQuestion,
} from './exchange.ts';
import type { Route } from './route.ts';
import type { Upstream } from './upstream.ts';

/** Waits after the first, second and third send: 4 s in all, below the 5 s after which resolvers of clients give up. */
const WAITS = [800, 1200, 2000] as const;
/** By then a question is answered, or given up, milliseconds after it was asked. */
export const LAST_ANSWER: number = WAITS.reduce((sum, wait) => sum + wait, 0);

/** A refused send costs no time, so there may be a few more of them than waits. */
const MAX_SENDS = 6;

/** How long clients wait for a fresh answer while a stale one lies ready (RFC 8767 section 5: 1.8 s). */
const STALE_AFTER = 1800;

/** A client whose question is being asked. It keeps its own copy of the query. */
export interface Waiter {
  /** Milliseconds of the monotonic clock. */
  readonly received: number;
  /** What follows is done for this client: should the process crash on it, its query is the suspect. */
  inHand(): void;
  /** Answers the client, once. */
  deliver(entry: Entry, now: number): void;
  /** Gives the client up without an answer. */
  abandon(): void;
}

/** What flights run on, and what they come back to. */
export interface FlightContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
  /** The flight is over: `fresh` is its answer, else no server could give one, and `rcode` is what the last said. */
  land(flight: Flight, fresh: Entry | undefined, rcode: number): void;
  /** Gives `entry` to all waiters of the flight. */
  release(flight: Flight, entry: Entry, now: number): void;
}

const NO_WAITERS: Waiter[] = [];
const NO_EXCHANGES: readonly Exchange[] = [];

const questionBytes = Buffer.alloc(512);

/** Reused: a response is judged before another is received. */
const response: ResponseView = { bytes: questionBytes, start: 0, length: 0, nameLength: 0 };

export class Flight implements UpstreamQuestion, DeadlineOwner {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly route: Route;
  /** What the cache holds for the question, to fall back on; never a failure. */
  readonly previous: Entry | undefined;
  /** The stale answer has been given out; clients that still come get it at once. */
  fellBack = false;
  readonly #context: FlightContext;
  #waiters: Waiter[] = NO_WAITERS;
  readonly #order: readonly Upstream[];
  /** Of the latest send. */
  readonly #wait = new Deadline(this);
  /** Of its waiters; undefined where there is no stale answer to give them. */
  #stale: Deadline | undefined = undefined;
  /** Sent and not answered; a few at most. */
  #out: readonly Exchange[] = NO_EXCHANGES;
  #sends = 0;
  #waits = 0;
  #next = 0;
  #rcode = SERVFAIL;
  /** Servers that said they cannot: asking them again would get the same answer. */
  #unable: Asked[] | undefined = undefined;
  /** Servers the network kept us from once: they get a second chance, no third. */
  #refused: Asked[] | undefined = undefined;
  #finished = false;

  constructor(context: FlightContext, query: Query, route: Route, previous: Entry | undefined) {
    const length = query.nameLength + 4;
    for (let i = 0; i < length; i++) questionBytes[i] = query.bytes[query.start + HEADER_LENGTH + i]!;
    this.question = questionBytes.toString('latin1', 0, length);
    this.key = query.key;
    this.nameLength = query.nameLength;
    this.flags = (query.flags & (RD | CD)) | AD;
    this.dnssecOk = query.dnssecOk;
    this.route = route;
    this.previous = previous;
    this.#context = context;
    this.#order = route.inOrder();
    if (this.#order.length > 0 && !this.#order[0]!.healthy) context.events.healthcheckBroken++;
  }

  /** Clients waiting. */
  get waiting(): number {
    return this.#waiters.length;
  }

  addWaiter(waiter: Waiter): void {
    // An array of one at first: pushing to an empty one makes room for 16.
    if (this.#waiters === NO_WAITERS) this.#waiters = [waiter];
    else this.#waiters.push(waiter);
  }

  /** Hands over its waiters; the flight has none from now on. */
  takeWaiters(): readonly Waiter[] {
    const waiters = this.#waiters;
    this.#waiters = NO_WAITERS;
    return waiters;
  }

  /** Sends the first query. It does not land during this call. */
  depart(): void {
    if (this.#order.length > 0) this.#sendNext();
    else this.#context.deadlines.set(this.#wait, 0);
  }

  /** Waiters are given the stale answer unless a fresh one comes in time. */
  fallBackLater(): void {
    this.#stale = new Deadline(this);
    this.#context.deadlines.set(this.#stale, STALE_AFTER);
  }

  expired(deadline: Deadline, now: number): void {
    if (deadline === this.#wait) return this.#waitedInVain();
    this.fellBack = true;
    this.#context.release(this, this.previous!, now);
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    if (!this.#takeBack(exchange)) return;
    this.#waiters[0]?.inHand();
    const now = this.#context.now();
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    exchange.upstream.answered(exchange.started, now, rcode);
    if (length === HEADER_LENGTH) return this.#unableToAnswer(exchange, rcode);
    response.bytes = bytes;
    response.start = start;
    response.length = length;
    response.nameLength = this.nameLength;
    const verdict = judge(response, this.route, now, this.#context.wallSeconds);
    switch (verdict.outcome) {
      case 'answer':
        this.cancel();
        return this.#context.land(this, verdict.entry, verdict.entry.rcode);
      case 'truncated':
        if (exchange.transport === 'tcp') break;
        this.#context.events.upstreamTruncated++;
        return this.#send(exchange.upstream, 'tcp', exchange.plain);
      case 'failure':
        return this.#unableToAnswer(exchange, verdict.rcode);
    }
    this.#context.events.upstreamMalformed++;
    this.#unableToAnswer(exchange, SERVFAIL);
  }

  failed(exchange: Exchange, reason: ExchangeFailure): void {
    if (!this.#takeBack(exchange)) return;
    const { upstream } = exchange;
    if (reason === 'mismatches') return this.#send(upstream, 'tcp', exchange.plain);
    upstream.missed();
    this.#refused ??= [];
    if (this.#refused.includes(upstream)) this.#markUnable(upstream);
    this.#refused.push(upstream);
    this.#afterFailure();
  }

  /** Ends the flight without a result. */
  cancel(): void {
    this.#finished = true;
    this.#context.deadlines.cancel(this.#wait);
    if (this.#stale !== undefined) this.#context.deadlines.cancel(this.#stale);
    for (const exchange of this.#out) exchange.cancel();
    this.#out = NO_EXCHANGES;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #waitedInVain(): void {
    for (const exchange of this.#out) {
      exchange.upstream.missed();
      exchange.carrier?.suspect(exchange);
    }
    if (this.#order.length > 0) this.#context.events.upstreamTimeouts++;
    if (this.#order.length > 0 && this.#waits < WAITS.length) this.#sendNext();
    else this.#fail();
  }

  /** False when the exchange was given up before. */
  #takeBack(exchange: Exchange): boolean {
    const index = this.#out.indexOf(exchange);
    if (index < 0 || this.#finished) return false;
    this.#out = this.#out.length === 1 ? NO_EXCHANGES : this.#out.filter((other) => other !== exchange);
    return true;
  }

  #unableToAnswer(exchange: Exchange, rcode: number): void {
    if (rcode === FORMERR && !exchange.plain) {
      return this.#send(exchange.upstream, exchange.transport, true); // RFC 6891 section 6.2.2
    }
    this.#rcode = rcode;
    this.#markUnable(exchange.upstream);
    this.#afterFailure();
  }

  #markUnable(upstream: Asked): void {
    this.#unable ??= [];
    if (!this.#unable.includes(upstream)) this.#unable.push(upstream);
  }

  /** Goes on at once, unless an earlier send may still be answered. */
  #afterFailure(): void {
    if (this.#out.length > 0) return;
    if ((this.#unable?.length ?? 0) < this.#order.length && this.#sends < MAX_SENDS) this.#sendNext();
    else this.#fail();
  }

  #sendNext(): void {
    for (let tried = 0; tried < this.#order.length; tried++) {
      const upstream = this.#order[this.#next++ % this.#order.length]!;
      if (!this.#unable?.includes(upstream)) return this.#send(upstream, this.route.transport, false);
    }
    this.#fail();
  }

  #send(upstream: Asked, transport: Transport, plain: boolean): void {
    if (this.#sends++ >= MAX_SENDS) return this.#fail();
    const now = this.#context.now();
    const exchange = new Exchange(this, upstream, transport, plain, now);
    this.#out = [...this.#out, exchange];
    this.#context.deadlines.cancel(this.#wait);
    this.#context.deadlines.set(this.#wait, WAITS[Math.min(this.#waits++, WAITS.length - 1)]!);
    upstream.ask(exchange, now);
  }

  #fail(): void {
    if (this.#finished) return;
    this.cancel();
    this.#context.land(this, undefined, this.#rcode);
  }
}
