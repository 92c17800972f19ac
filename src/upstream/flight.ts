// flight — a question under way: the servers of its route are asked until one answers, on behalf of all its waiters.
//
//   send 1 ──► send 2 ────► send 3 ────────► … send 6 ──► given up 4 s after the first, whatever happened in between
//
//   over UDP         the next server in turn, after what the last one usually takes (60 ms at least), doubled each time
//   over TCP         nothing twice while the connection lives; after a second the next server, too
//   any response     ends it, late ones too
//   TC=1, cut short  same server over TCP             FORMERR           same server without EDNS
//   refused          next server at once              our own failure   again after a pause; it is no server's fault
//   a stale answer is at hand: waiters are given it after 1800 ms, and the flight goes on

import type { Entry } from '../cache/entry.ts';
import { judge } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import { Deadline, type DeadlineOwner, type Deadlines, TICK } from '../loop/deadlines.ts';
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
import { rounded } from './response-time.ts';
import type { Route } from './route.ts';
import type { Upstream } from './upstream.ts';
import { type AskedQuestion, type Waiter, WaiterLine } from './waiter.ts';

/** By then a question is answered, or given up, milliseconds after it was asked; clients give up after 5 s. */
export const LAST_ANSWER = 4000;

/** Over UDP, to all servers. */
const MAX_DATAGRAMS = 6;
const MAX_DATAGRAMS_IN_CROWD = 2;
/** In all: with those that TC, FORMERR and connections held up call for. */
const MAX_SENDS = 12;

/** From one connection that is held up to another; more would only be more work for a server that is slow altogether. */
const MAX_ESCAPES = 2;

/** How long a server may take over TCP before another one is asked, too, milliseconds. */
const PATIENCE = 1000;
/** Before the next try when this machine did not let us ask, milliseconds; doubled each time. */
const PAUSE = 20;

/** How long clients wait for a fresh answer while a stale one lies ready (RFC 8767 section 5: 1.8 s). */
const STALE_AFTER = 1800;

/** What flights run on, and what they come back to. */
export interface FlightContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
  /** So much is asked that to ask it again would be too much: a flood of names that no server answers, or none at all does. */
  readonly isCrowded: boolean;
  /** The flight is over: `fresh` is its answer, else no server could give one, and `rcode` is what the last said. */
  land(flight: Flight, fresh: Entry | undefined, rcode: number): void;
  /** Gives `entry` to all waiters of the flight. */
  release(flight: Flight, entry: Entry, now: number): void;
}

const NO_EXCHANGES: readonly Exchange[] = [];
const NO_SERVERS: readonly Asked[] = [];

const questionBytes = Buffer.alloc(512);

/** Reused: a response is judged before another is received. */
const response: ResponseView = { bytes: questionBytes, start: 0, length: 0, nameLength: 0 };

export class Flight implements UpstreamQuestion, AskedQuestion, DeadlineOwner {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly vital: boolean;
  readonly route: Route;
  readonly waiters = new WaiterLine();
  /** Which of them is charged with what the question itself takes; none: it goes on without any, for the cache. */
  payer: Waiter | undefined = undefined;
  /** What the cache holds for the question, to fall back on; never a failure. */
  readonly previous: Entry | undefined;
  /** The stale answer has been given out; clients that still come get it at once. */
  fellBack = false;
  /** This machine kept us from asking: the outcome is no server's fault. */
  hindered = false;
  readonly #context: FlightContext;
  readonly #end = new Deadline(this);
  /** Of the latest send. */
  readonly #wait = new Deadline(this);
  /** Of its waiters; undefined where there is no stale answer to give them. */
  #stale: Deadline | undefined = undefined;
  /** Sent and not answered; a few at most. */
  #out: readonly Exchange[] = NO_EXCHANGES;
  /** The server of each send. */
  #asked: readonly Asked[] = NO_SERVERS;
  /** Servers that this machine did not let us ask. */
  #denied: readonly Asked[] = NO_SERVERS;
  #sends = 0;
  #datagrams = 0;
  #escapes = 0;
  #pauses = 0;
  #rcode = SERVFAIL;
  /** Servers that said they cannot: asking them again would get the same answer. */
  #unable: readonly Asked[] = NO_SERVERS;
  /** Servers the network kept us from once: they get a second chance, no third. */
  #refused: readonly Asked[] = NO_SERVERS;
  /** Servers of which something came that asks for another manner, and was followed once. */
  #hinted: readonly Asked[] = NO_SERVERS;
  #finished = false;

  constructor(context: FlightContext, query: Query, route: Route, previous: Entry | undefined) {
    const length = query.nameLength + 4;
    for (let i = 0; i < length; i++) questionBytes[i] = query.bytes[query.start + HEADER_LENGTH + i]!;
    this.question = questionBytes.toString('latin1', 0, length);
    this.key = query.key;
    this.nameLength = query.nameLength;
    this.flags = (query.flags & (RD | CD)) | AD;
    this.dnssecOk = query.dnssecOk;
    this.vital = route.vital;
    this.route = route;
    this.previous = previous;
    this.#context = context;
  }

  /** Sends the first query. It does not land during this call. */
  depart(): void {
    const { deadlines, events } = this.#context;
    const [first] = this.route.inOrder();
    if (first === undefined) return deadlines.set(this.#end, 0);
    if (!first.healthy) events.healthcheckBroken++;
    deadlines.set(this.#end, LAST_ANSWER - 2 * TICK); // they are met late, never early
    this.#send(first, this.route.transport, false);
  }

  /** Waiters are given the stale answer unless a fresh one comes in time. */
  fallBackLater(): void {
    this.#stale = new Deadline(this);
    this.#context.deadlines.set(this.#stale, STALE_AFTER);
  }

  expired(deadline: Deadline, now: number): void {
    if (deadline === this.#end) return this.#fail();
    if (deadline === this.#wait) return this.#waitedInVain();
    this.fellBack = true;
    this.#context.release(this, this.previous!, now);
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    if (!this.#takeBack(exchange)) return;
    this.waiters.first?.inHand();
    const now = this.#context.now();
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    exchange.upstream.answered(exchange, now, rcode);
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
      case 'failure':
        return this.#unableToAnswer(exchange, verdict.rcode);
      case 'truncated':
        if (exchange.transport === 'tcp') break;
        this.#context.events.upstreamTruncated++;
        return this.#askByTcp(exchange);
      case 'malformed':
        this.#context.events.upstreamMalformed++;
        // A slice without TC, as some middleboxes make: the whole comes over TCP.
        if (exchange.transport === 'udp') return this.#askByTcp(exchange);
    }
    this.#unableToAnswer(exchange, SERVFAIL);
  }

  hinted(exchange: Exchange, rcode: number): void {
    if (this.#finished || this.#hinted.includes(exchange.upstream)) return;
    this.#hinted = [...this.#hinted, exchange.upstream];
    if (rcode === FORMERR && !exchange.plain) this.#send(exchange.upstream, exchange.transport, true);
    else this.#askByTcp(exchange);
  }

  failed(exchange: Exchange, reason: ExchangeFailure): void {
    if (!this.#takeBack(exchange)) return;
    const { upstream, transport } = exchange;
    switch (reason) {
      case 'local':
        return this.#pause(exchange);
      case 'strange':
        return this.#askByTcp(exchange);
      case 'closed':
      case 'refused':
        if (transport !== this.route.transport) {
          if (this.#out.some((other) => other.upstream === upstream)) return; // it has no TCP, and may be well
        } else if (reason === 'closed') upstream.missed(exchange);
        else upstream.unreachable();
        if (reason === 'closed' || this.#refused.includes(upstream)) return this.#pass(upstream);
        this.#refused = [...this.#refused, upstream];
        return this.#goOn();
    }
  }

  heldUp(exchange: Exchange): void {
    if (!this.#finished && this.#escapes++ < MAX_ESCAPES)
      this.#send(exchange.upstream, exchange.transport, exchange.plain);
  }

  /** Ends the flight without a result. */
  cancel(): void {
    this.#finished = true;
    this.#context.deadlines.cancel(this.#end);
    this.#context.deadlines.cancel(this.#wait);
    if (this.#stale !== undefined) this.#context.deadlines.cancel(this.#stale);
    for (const exchange of this.#out) exchange.cancel();
    this.#out = NO_EXCHANGES;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #waitedInVain(): void {
    const latest = this.#out.at(-1);
    if (latest !== undefined) {
      latest.upstream.missed(latest);
      this.#context.events.upstreamTimeouts++;
    }
    this.#sendNext();
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
    this.#pass(exchange.upstream);
  }

  #askByTcp(exchange: Exchange): void {
    if (!this.#isAskedByTcp(exchange.upstream)) this.#send(exchange.upstream, 'tcp', exchange.plain);
  }

  #isAskedByTcp(upstream: Asked): boolean {
    return this.#out.some((exchange) => exchange.upstream === upstream && exchange.transport === 'tcp');
  }

  /** Nothing more is expected of this server, nor asked of it. */
  #pass(upstream: Asked): void {
    if (!this.#unable.includes(upstream)) this.#unable = [...this.#unable, upstream];
    for (const exchange of this.#out) if (exchange.upstream === upstream) exchange.cancel();
    this.#out = this.#out.filter((exchange) => exchange.upstream !== upstream);
    this.#goOn();
  }

  /** At once, unless an earlier send may still be answered. */
  #goOn(): void {
    if (this.#out.length === 0) this.#sendNext();
  }

  /** As if it had not been asked; another server may be within reach. */
  #pause({ upstream, transport }: Exchange): void {
    this.hindered = true;
    this.#sends--;
    if (transport === 'udp') this.#datagrams--;
    if (this.#out.length > 0) return;
    if (!this.#denied.includes(upstream)) {
      this.#denied = [...this.#denied, upstream];
      const next = this.#next();
      if (next !== undefined && !this.#denied.includes(next)) return this.#sendNext();
    }
    this.#waitFor(PAUSE * 2 ** this.#pauses++);
  }

  /** To the server that was asked least; where there is none, what is out is waited for. */
  #sendNext(): void {
    const next = this.#next();
    const { transport } = this.route;
    const most = this.#context.isCrowded ? MAX_DATAGRAMS_IN_CROWD : MAX_DATAGRAMS;
    const mayAsk = transport === 'tcp' || this.#datagrams < most;
    if (next !== undefined && mayAsk) {
      if (this.#out.length === 0 || next.bearsMore) return this.#send(next, transport, false);
      return this.#waitFor(PATIENCE);
    }
    if (this.#out.length === 0) this.#fail();
  }

  #next(): Upstream | undefined {
    let best: Upstream | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const upstream of this.route.inOrder()) {
      if (this.#unable.includes(upstream) || this.#isAskedByTcp(upstream)) continue;
      const times = this.#asked.reduce((sum, asked) => sum + Number(asked === upstream), 0);
      if (times < fewest) {
        best = upstream;
        fewest = times;
      }
    }
    return best;
  }

  #send(upstream: Asked, transport: Transport, plain: boolean): void {
    if (this.#sends >= MAX_SENDS) return this.#out.length === 0 ? this.#fail() : undefined;
    const now = this.#context.now();
    const exchange = new Exchange(this, upstream, transport, plain, now);
    this.#out = [...this.#out, exchange];
    this.#asked = [...this.#asked, upstream];
    this.#sends++;
    if (transport === 'tcp') this.#waitFor(PATIENCE);
    else this.#waitFor(upstream.patience * 2 ** this.#datagrams++);
    upstream.ask(exchange, now);
  }

  #waitFor(ms: number): void {
    this.#context.deadlines.cancel(this.#wait);
    this.#context.deadlines.set(this.#wait, rounded(ms));
  }

  #fail(): void {
    if (this.#finished) return;
    this.cancel();
    this.#context.land(this, undefined, this.#rcode);
  }
}
