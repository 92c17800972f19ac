// forward — asks a route's servers until one answers: who next, how long each, when to give up. One per question.
//
//   send 1 ──800 ms──► send 2 ──1200 ms──► send 3 ──2000 ms──► given up        (any response ends it, late ones too)
//   refused, failed: next send at once       TC=1: same server over TCP        FORMERR: same server without EDNS

import type { Entry } from '../cache/entry.ts';
import { judge } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import { Deadline, type Deadlines } from '../loop/deadlines.ts';
import { FLAGS, FORMERR, HEADER_LENGTH, RCODE_MASK, readUint16, SERVFAIL } from '../message/message.ts';
import {
  type Asked,
  Exchange,
  type ExchangeFailure,
  type ExchangeListener,
  type Transport,
  type UpstreamQuestion,
} from './exchange.ts';
import type { Route } from './route.ts';
import type { Upstream } from './upstream.ts';

/** Waits after the first, second and third send: 4 s in all, below the 5 s after which resolvers of clients give up. */
const WAITS = [800, 1200, 2000] as const;

/** A refused send costs no time, so there may be a few more of them than waits. */
const MAX_SENDS = 6;

const NONE: readonly Exchange[] = [];

/** What forwarding runs on. */
export interface ForwardContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
}

/** Whoever wants the answer. Neither is called while the question is being put. */
export interface ForwardListener {
  /** A response to it is about to be read. */
  responseInHand(): void;
  answered(entry: Entry): void;
  /** No server could answer; `rcode` is what the last one said, SERVFAIL if none did. */
  failed(rcode: number): void;
}

export class Forward extends Deadline implements ExchangeListener {
  readonly #context: ForwardContext;
  readonly #route: Route;
  readonly #question: UpstreamQuestion;
  readonly #listener: ForwardListener;
  readonly #order: readonly Upstream[];
  /** Sent and not answered; a few at most. */
  #out: readonly Exchange[] = NONE;
  #sends = 0;
  #waits = 0;
  #next = 0;
  #rcode = SERVFAIL;
  /** Servers that said they cannot: asking them again would get the same answer. */
  #unable: Asked[] | undefined;
  /** Servers the network kept us from once: they get a second chance, no third. */
  #refused: Asked[] | undefined;
  #finished = false;

  constructor(context: ForwardContext, route: Route, question: UpstreamQuestion, listener: ForwardListener) {
    super();
    this.#context = context;
    this.#route = route;
    this.#question = question;
    this.#listener = listener;
    this.#order = route.inOrder();
    if (this.#order.length > 0 && !this.#order[0]!.healthy) context.events.healthcheckBroken++;
  }

  /** Sends the first query. */
  start(): void {
    if (this.#order.length > 0) this.#sendNext();
    else this.#context.deadlines.set(this, 0);
  }

  /** The wait for the latest send is over. */
  override expire(): void {
    for (const exchange of this.#out) {
      exchange.upstream.missed();
      exchange.carrier?.suspect(exchange);
    }
    if (this.#order.length > 0) this.#context.events.upstreamTimeouts++;
    if (this.#order.length > 0 && this.#waits < WAITS.length) this.#sendNext();
    else this.#fail();
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    if (!this.#takeBack(exchange)) return;
    this.#listener.responseInHand();
    const now = this.#context.now();
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    exchange.upstream.answered(exchange.started, now, rcode);
    if (length === HEADER_LENGTH) return this.#unableToAnswer(exchange, rcode);
    const verdict = judge(
      bytes,
      start,
      length,
      this.#question.nameLength,
      this.#route,
      now,
      this.#context.wallSeconds,
    );
    switch (verdict.outcome) {
      case 'answer':
        this.cancel();
        return this.#listener.answered(verdict.entry);
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

  /** Ends it without a result. */
  cancel(): void {
    this.#finished = true;
    this.#context.deadlines.cancel(this);
    for (const exchange of this.#out) exchange.cancel();
    this.#out = NONE;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** False when nobody waits for this exchange any more. */
  #takeBack(exchange: Exchange): boolean {
    const index = this.#out.indexOf(exchange);
    if (index < 0 || this.#finished) return false;
    this.#out = this.#out.length === 1 ? NONE : this.#out.filter((other) => other !== exchange);
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
      if (!this.#unable?.includes(upstream)) return this.#send(upstream, this.#route.transport, false);
    }
    this.#fail();
  }

  #send(upstream: Asked, transport: Transport, plain: boolean): void {
    if (this.#sends++ >= MAX_SENDS) return this.#fail();
    const now = this.#context.now();
    const exchange = new Exchange(this.#question, this, upstream, transport, plain, now);
    this.#out = [...this.#out, exchange];
    this.#context.deadlines.cancel(this);
    this.#context.deadlines.set(this, WAITS[Math.min(this.#waits++, WAITS.length - 1)]!);
    upstream.ask(exchange, now);
  }

  #fail(): void {
    if (this.#finished) return;
    this.cancel();
    this.#listener.failed(this.#rcode);
  }
}
