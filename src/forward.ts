// forward — asks a route's servers until one answers: who next, how long each, when to give up. One per question.
//
//   send 1 ──800 ms──► send 2 ──1200 ms──► send 3 ──2000 ms──► given up        (any response ends it, late ones too)
//   refused, failed: next send at once       TC=1: same server over TCP        FORMERR: same server without EDNS

import type { Counters } from './counters.ts';
import { Deadline, type Deadlines } from './deadlines.ts';
import { OPT_LENGTH } from './edns.ts';
import type { Entry } from './entry.ts';
import { Exchange, type ExchangeFailure, type ExchangeListener } from './exchange.ts';
import {
  ARCOUNT,
  FLAGS,
  FORMERR,
  HEADER_LENGTH,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
  writeUint16,
} from './message.ts';
import type { Route } from './route.ts';
import type { Transport, Upstream } from './upstream.ts';
import { judge } from './verdict.ts';

/** Waits after the first, second and third send: 4 s in all, below the 5 s after which resolvers of clients give up. */
const WAITS = [800, 1200, 2000] as const;

/** A refused send costs no time, so there may be a few more of them than waits. */
const MAX_SENDS = 6;

/** What forwarding runs on. */
export interface ForwardContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
}

export type ForwardResult =
  | { readonly outcome: 'answer'; readonly entry: Entry }
  | { readonly outcome: 'failure'; readonly rcode: number };

export class Forward extends Deadline implements ExchangeListener {
  readonly #context: ForwardContext;
  readonly #route: Route;
  readonly #message: Buffer;
  readonly #nameLength: number;
  readonly #done: (result: ForwardResult) => void;
  readonly #order: readonly Upstream[];
  readonly #out = new Map<Exchange, { upstream: Upstream; transport: Transport; plain: boolean }>();
  #sends = 0;
  #waits = 0;
  #next = 0;
  #rcode = SERVFAIL;
  /** Servers that said they cannot: asking them again would get the same answer. */
  readonly #unable = new Set<Upstream>();
  /** Servers the network kept us from once: they get a second chance, no third. */
  readonly #refused = new Set<Upstream>();
  #finished = false;

  /** @param message the question with our OPT record at its end; its id is set at each send */
  constructor(
    context: ForwardContext,
    route: Route,
    message: Buffer,
    nameLength: number,
    done: (result: ForwardResult) => void,
  ) {
    super();
    this.#context = context;
    this.#route = route;
    this.#message = message;
    this.#nameLength = nameLength;
    this.#done = done;
    // Healthy ones first, in the order they were given; when none is, they are all tried all the same.
    const healthy = route.upstreams.filter((upstream) => upstream.healthy);
    this.#order =
      healthy.length === 0 ? route.upstreams : [...healthy, ...route.upstreams.filter((u) => !u.healthy)];
    if (healthy.length === 0 && route.upstreams.length > 0) context.events.healthcheckBroken++;
  }

  /** Sends the first question. `done` is never called during this call. */
  start(): void {
    if (this.#order.length > 0) this.#sendNext();
    else this.#context.deadlines.set(this, 0);
  }

  /** The wait for the latest send is over. */
  override expire(): void {
    for (const [exchange, { upstream }] of this.#out) {
      upstream.missed();
      exchange.carrier?.suspect(exchange);
    }
    if (this.#order.length > 0) this.#context.events.upstreamTimeouts++;
    if (this.#waits < WAITS.length) this.#sendNext();
    else this.#finish({ outcome: 'failure', rcode: this.#rcode });
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    const sent = this.#out.get(exchange);
    if (sent === undefined || this.#finished) return;
    this.#out.delete(exchange);
    const now = this.#context.now();
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    sent.upstream.answered(exchange.started, now, rcode);
    if (length === HEADER_LENGTH) return this.#unableToAnswer(sent, rcode);
    const verdict = judge(bytes, start, length, this.#nameLength, {
      caps: this.#route.caps,
      route: this.#route.index,
      now,
      wallSeconds: this.#context.wallSeconds(),
    });
    if (verdict.outcome === 'answer') return this.#finish(verdict);
    if (verdict.outcome === 'truncated' && sent.transport === 'udp') {
      this.#context.events.upstreamTruncated++;
      return this.#send(sent.upstream, 'tcp', sent.plain);
    }
    if (verdict.outcome === 'failure') return this.#unableToAnswer(sent, verdict.rcode);
    this.#context.events.upstreamMalformed++;
    this.#unableToAnswer(sent, SERVFAIL);
  }

  failed(exchange: Exchange, reason: ExchangeFailure): void {
    const sent = this.#out.get(exchange);
    if (sent === undefined || this.#finished) return;
    this.#out.delete(exchange);
    if (reason === 'mismatches') return this.#send(sent.upstream, 'tcp', sent.plain);
    sent.upstream.missed();
    if (this.#refused.has(sent.upstream)) this.#unable.add(sent.upstream);
    this.#refused.add(sent.upstream);
    this.#afterFailure();
  }

  /** Ends it without a result. */
  cancel(): void {
    this.#finished = true;
    this.#context.deadlines.cancel(this);
    for (const exchange of this.#out.keys()) exchange.cancel();
    this.#out.clear();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #unableToAnswer(sent: { upstream: Upstream; transport: Transport; plain: boolean }, rcode: number): void {
    if (rcode === FORMERR && !sent.plain) return this.#send(sent.upstream, sent.transport, true); // RFC 6891 section 6.2.2
    this.#rcode = rcode;
    this.#unable.add(sent.upstream);
    this.#afterFailure();
  }

  /** Goes on at once, unless an earlier send may still be answered. */
  #afterFailure(): void {
    if (this.#out.size > 0) return;
    if (this.#unable.size < this.#order.length && this.#sends < MAX_SENDS) this.#sendNext();
    else this.#finish({ outcome: 'failure', rcode: this.#rcode });
  }

  #sendNext(): void {
    for (let tried = 0; tried < this.#order.length; tried++) {
      const upstream = this.#order[this.#next++ % this.#order.length]!;
      if (!this.#unable.has(upstream)) return this.#send(upstream, this.#route.transport, false);
    }
    this.#finish({ outcome: 'failure', rcode: this.#rcode });
  }

  #send(upstream: Upstream, transport: Transport, plain: boolean): void {
    if (this.#sends++ >= MAX_SENDS) return this.#finish({ outcome: 'failure', rcode: this.#rcode });
    const now = this.#context.now();
    // A copy a send: the id in the bytes of an earlier one must stay as it was sent.
    const message = Buffer.from(plain ? this.#message.subarray(0, -OPT_LENGTH) : this.#message);
    if (plain) writeUint16(message, ARCOUNT, 0);
    const exchange = new Exchange(message, this.#nameLength, this, now);
    this.#out.set(exchange, { upstream, transport, plain });
    this.#context.deadlines.cancel(this);
    this.#context.deadlines.set(this, WAITS[Math.min(this.#waits++, WAITS.length - 1)]!);
    upstream.ask(exchange, transport, now);
  }

  #finish(result: ForwardResult): void {
    if (this.#finished) return;
    this.cancel();
    this.#done(result);
  }
}
