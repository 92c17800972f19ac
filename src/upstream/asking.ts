// asking — a question put to the servers of a forward, until one of them answers.
//
//   send 1 ──► send 2 ────► send 3 ────────► … send 8 ──► given up 4 s after the first, whatever happened in between
//
//   over UDP         the next server in turn, after what the last one usually takes (60 ms at least), doubled each time up
//                    to 750 ms
//   over TCP         nothing twice while the connection lives; after a second the next server, too
//   any response     ends it, late ones too
//   TC=1, cut short  same server over TCP             FORMERR           same server without EDNS
//   refused          next server at once              our own failure   again after a pause; it is no server's fault

import type { Entry } from '../cache/entry.ts';
import { type Failure, type JudgedZone, judge } from '../cache/verdict.ts';
import type { Counters } from '../counters.ts';
import { Deadline, type DeadlineOwner, type Deadlines, TICK } from '../loop/deadlines.ts';
import { EDE_NETWORK_ERROR, EDE_NO_REACHABLE_AUTHORITY } from '../message/edns.ts';
import { FLAGS, FORMERR, HEADER_LENGTH, RCODE_MASK, readUint16, SERVFAIL } from '../message/message.ts';
import type { ResponseView } from '../message/records.ts';
import {
  type Asked,
  Exchange,
  type ExchangeFailure,
  type Transport,
  type UpstreamQuestion,
} from './exchange.ts';
import type { Forward } from './forward.ts';
import { rounded } from './response-time.ts';
import type { Upstream } from './upstream.ts';

/** By then a question is answered, or given up, milliseconds after it was asked; clients give up after 5 s. */
export const LAST_ANSWER = 4000;

/** Over UDP, to all servers: of a hundred questions one stays without an answer at most where 30 % are lost on either way. */
const MAX_DATAGRAMS = 8;
const MAX_DATAGRAMS_IN_CROWD = 2;
/** In all: with those that TC, FORMERR and connections held up call for. */
const MAX_SENDS = 14;
/** Milliseconds before the next datagram, unless servers usually take longer: doubled for good, the last ones would be too late. */
const LONGEST_WAIT = 750;

/** From one connection that is held up to another; more would only be more work for a server that is slow altogether. */
const MAX_ESCAPES = 2;

/** How long a server may take over TCP before another one is asked, too, milliseconds. */
const PATIENCE = 1000;
/** Before the next try when this machine did not let us ask, milliseconds; doubled each time. */
const PAUSE = 20;

/** What questions are asked with. */
export interface AskingContext {
  readonly deadlines: Deadlines;
  readonly events: Counters['events'];
  readonly now: () => number;
  readonly wallSeconds: () => number;
  /** So much is asked that to ask it again would be too much: a flood of names that no server answers, or none at all does. */
  readonly isCrowded: boolean;
}

/** What is asked, and on whose behalf. */
export interface Inquirer
  extends Pick<UpstreamQuestion, 'question' | 'key' | 'nameLength' | 'flags' | 'dnssecOk'> {
  /** What answers are judged for. */
  readonly zone: JudgedZone & { readonly isVital: boolean };
  /** What follows is done for its clients. */
  inHand(): void;
  /** It is over: `fresh` is the answer, else no server could give one, and `failure` is what the last said. */
  asked(fresh: Entry | undefined, failure: Failure): void;
}

/** What is left of the time is waited for in steps of so many milliseconds: deadlines of few different durations cost less. */
const END_STEP = 4 * TICK;

const NO_SERVERS: readonly Asked[] = [];

/** What clients are told where no server has said anything: silence, or the network says that there is no way to them. */
const SILENCE: Failure = { rcode: SERVFAIL, ede: EDE_NO_REACHABLE_AUTHORITY };
const NO_WAY: Failure = { rcode: SERVFAIL, ede: EDE_NETWORK_ERROR };

const questionBytes = Buffer.alloc(512);

/** Reused: a response is judged before another is received. */
const response: ResponseView = { bytes: questionBytes, start: 0, length: 0, nameLength: 0 };

export class Asking implements UpstreamQuestion, DeadlineOwner {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly vital: boolean;
  /** This machine kept us from asking: the outcome is no server's fault. */
  hindered = false;
  readonly #context: AskingContext;
  readonly #inquirer: Inquirer;
  readonly #forward: Forward | undefined;
  /** Of the latest send, or the last. */
  readonly #wait = new Deadline(this);
  /** When it is given up. */
  #end = 0;
  /** A chain by `earlier`: all that were sent, over or not. */
  #latest: Exchange | undefined = undefined;
  /** Servers that this machine did not let us ask. */
  #denied: readonly Asked[] = NO_SERVERS;
  #sends = 0;
  #datagrams = 0;
  #escapes = 0;
  #pauses = 0;
  /** What the last server said. */
  #failure: Failure | undefined = undefined;
  /** Servers that said they cannot: asking them again would get the same answer. */
  #unable: readonly Asked[] = NO_SERVERS;
  /** Servers the network kept us from once: they get a second chance, no third. */
  #refused: readonly Asked[] = NO_SERVERS;
  /** Servers of which something came that asks for another manner, and was followed once. */
  #hinted: readonly Asked[] = NO_SERVERS;
  #finished = false;

  /** @param forward undefined where none takes the name: it is over then, with a failure */
  constructor(context: AskingContext, inquirer: Inquirer, forward: Forward | undefined) {
    this.question = inquirer.question;
    this.key = inquirer.key;
    this.nameLength = inquirer.nameLength;
    this.flags = inquirer.flags;
    this.dnssecOk = inquirer.dnssecOk;
    this.vital = inquirer.zone.isVital;
    this.#context = context;
    this.#inquirer = inquirer;
    this.#forward = forward;
  }

  /** Sends the first query. It is not over during this call. */
  depart(): void {
    const { deadlines, events, now } = this.#context;
    const forward = this.#forward;
    const first = forward?.inOrder()[0];
    this.#end = now();
    if (forward === undefined || first === undefined) return deadlines.set(this.#wait, 0);
    if (!first.healthy) events.healthcheckBroken++;
    this.#end += LAST_ANSWER - END_STEP - 2 * TICK; // deadlines are met late, never early
    this.#send(first, forward.transport, false);
  }

  expired(_deadline: Deadline, now: number): void {
    if (now < this.#end) this.#waitedInVain();
    else this.#fail();
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    if (!this.#takeBack(exchange)) return;
    this.#inquirer.inHand();
    const now = this.#context.now();
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    exchange.upstream.answered(exchange, now, rcode);
    if (length === HEADER_LENGTH) return this.#unableToAnswer(exchange, { rcode, ede: -1 });
    response.bytes = bytes;
    response.start = start;
    response.length = length;
    response.nameLength = this.nameLength;
    const verdict = judge(response, this.#inquirer.zone, now, this.#context.wallSeconds);
    switch (verdict.outcome) {
      case 'answer':
        this.cancel();
        return this.#inquirer.asked(verdict.entry, SILENCE);
      case 'failure':
        return this.#unableToAnswer(exchange, verdict);
      case 'truncated':
        if (exchange.transport === 'tcp') break;
        this.#context.events.upstreamTruncated++;
        return this.#askByTcp(exchange);
      case 'malformed':
        this.#context.events.upstreamMalformed++;
        // A slice without TC, as some middleboxes make: the whole comes over TCP.
        if (exchange.transport === 'udp') return this.#askByTcp(exchange);
    }
    this.#unableToAnswer(exchange, { rcode: SERVFAIL, ede: -1 });
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
        if (transport !== this.#forward?.transport) {
          if (this.#isWaitingFor(upstream)) return; // it has no TCP, and may be well
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

  /** Ends it without a result. */
  cancel(): void {
    this.#finished = true;
    this.#context.deadlines.cancel(this.#wait);
    for (let sent = this.#latest; sent !== undefined; sent = sent.earlier) sent.cancel();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #waitedInVain(): void {
    let latest = this.#latest;
    while (latest?.over) latest = latest.earlier;
    if (latest !== undefined) {
      latest.upstream.missed(latest);
      this.#context.events.upstreamTimeouts++;
    }
    this.#sendNext();
  }

  /** False when the exchange was given up before. */
  #takeBack(exchange: Exchange): boolean {
    if (exchange.over) return false;
    exchange.over = true;
    return true;
  }

  /** Whether something that was sent may still be answered. */
  get #isWaiting(): boolean {
    for (let sent = this.#latest; sent !== undefined; sent = sent.earlier) if (!sent.over) return true;
    return false;
  }

  #isWaitingFor(upstream: Asked, transport?: Transport): boolean {
    for (let sent = this.#latest; sent !== undefined; sent = sent.earlier) {
      if (!sent.over && sent.upstream === upstream && sent.transport === (transport ?? sent.transport))
        return true;
    }
    return false;
  }

  #unableToAnswer(exchange: Exchange, failure: Failure): void {
    if (failure.rcode === FORMERR && !exchange.plain) {
      return this.#send(exchange.upstream, exchange.transport, true); // RFC 6891 section 6.2.2
    }
    this.#failure = failure;
    this.#pass(exchange.upstream);
  }

  #askByTcp(exchange: Exchange): void {
    if (!this.#isWaitingFor(exchange.upstream, 'tcp')) this.#send(exchange.upstream, 'tcp', exchange.plain);
  }

  /** Nothing more is expected of this server, nor asked of it. */
  #pass(upstream: Asked): void {
    if (!this.#unable.includes(upstream)) this.#unable = [...this.#unable, upstream];
    for (let sent = this.#latest; sent !== undefined; sent = sent.earlier) {
      if (sent.upstream === upstream) sent.cancel();
    }
    this.#goOn();
  }

  /** At once, unless an earlier send may still be answered. */
  #goOn(): void {
    if (!this.#isWaiting) this.#sendNext();
  }

  /** As if it had not been asked; another server may be within reach. */
  #pause({ upstream, transport }: Exchange): void {
    this.hindered = true;
    this.#sends--;
    if (transport === 'udp') this.#datagrams--;
    if (this.#isWaiting) return;
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
    const { transport } = this.#forward!;
    const most = this.#context.isCrowded ? MAX_DATAGRAMS_IN_CROWD : MAX_DATAGRAMS;
    const mayAsk = transport === 'tcp' || this.#datagrams < most;
    const isWaiting = this.#isWaiting;
    if (next !== undefined && mayAsk) {
      if (!isWaiting || next.bearsMore) return this.#send(next, transport, false);
      return this.#waitFor(PATIENCE);
    }
    if (isWaiting) this.#waitFor(LAST_ANSWER);
    else this.#fail();
  }

  #next(): Upstream | undefined {
    let best: Upstream | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const upstream of this.#forward!.inOrder()) {
      if (this.#unable.includes(upstream) || this.#isWaitingFor(upstream, 'tcp')) continue;
      let times = 0;
      for (let sent = this.#latest; sent !== undefined; sent = sent.earlier) {
        if (sent.upstream === upstream) times++;
      }
      if (times < fewest) {
        best = upstream;
        fewest = times;
      }
    }
    return best;
  }

  #send(upstream: Asked, transport: Transport, plain: boolean): void {
    if (this.#sends >= MAX_SENDS) return this.#isWaiting ? this.#waitFor(LAST_ANSWER) : this.#fail();
    const now = this.#context.now();
    const exchange = new Exchange(this, upstream, transport, plain, now, this.#latest);
    this.#latest = exchange;
    this.#sends++;
    if (transport === 'tcp') this.#waitFor(PATIENCE, now);
    else this.#waitFor(waitFor(upstream.patience, this.#datagrams++), now);
    upstream.ask(exchange, now);
  }

  /** So long, or until the question is given up. */
  #waitFor(ms: number, now = this.#context.now()): void {
    const { deadlines } = this.#context;
    const left = Math.max(0, Math.ceil((this.#end - now) / END_STEP)) * END_STEP;
    deadlines.cancel(this.#wait);
    deadlines.set(this.#wait, Math.min(rounded(ms), left));
  }

  #fail(): void {
    if (this.#finished) return;
    const unsaid = this.#isWaiting ? SILENCE : NO_WAY;
    this.cancel();
    this.#inquirer.asked(undefined, this.#failure ?? unsaid);
  }
}

/** Milliseconds from one datagram to the next: what the server usually takes, doubled for each that went before. */
function waitFor(patience: number, before: number): number {
  return Math.max(patience, Math.min(patience * 2 ** before, LONGEST_WAIT));
}
