// asking — a question put to the servers of a forward, until one of them answers; their plan may leave it to the next forward.
//
//   send 1 ──► send 2 ────► send 3 ────────► … send 8 ──► given up 4 s after the first, whatever happened in between
//
//   over UDP         the next server in turn, after what the last one usually takes (60 ms at least), doubled each time up
//                    to 750 ms
//   over TCP, TLS    nothing twice while the connection lives; after a second the next server, too
//   any response     ends it, late ones too
//   TC=1, cut short  same server over TCP             FORMERR           same server without EDNS
//   refused          next server at once              our own failure   again after a pause; it is no server's fault
//   sequential       the next server when one has failed, or had its time; what one says is what all say
//   failover RCODE   next server at once              next RCODE        next forward of the zone, from the beginning

import type { Entry } from '../cache/entry.ts';
import { type Failure, judge, type Verdict } from '../cache/verdict.ts';
import type { Counters, NotKeptReason } from '../counters.ts';
import { Deadline, type DeadlineOwner, type Deadlines, TICK } from '../loop/deadlines.ts';
import {
  FLAGS,
  FORMERR,
  HEADER_LENGTH,
  NOERROR,
  NXDOMAIN,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
} from '../message/message.ts';
import type { ResponseView } from '../message/records.ts';
import type { Zone } from '../zone/zone.ts';
import {
  type Asked,
  Exchange,
  type ExchangeFailure,
  type Transport,
  type UpstreamQuestion,
} from './exchange.ts';
import { bareFailure, CROWDED, failureOf, failureOfRcode, NO_WAY, SILENCE } from './failure.ts';
import type { Forward } from './forward.ts';
import * as pace from './pace.ts';
import { rounded } from './response-time.ts';
import { askedSince, cancelAll, isAwaited, isOnStream, leastAsked, timesAsked } from './sent.ts';
import type { Upstream } from './upstream.ts';

/** By then a question is answered, or given up, milliseconds after it was asked; clients give up after 5 s. */
export const LAST_ANSWER = 4000;

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
  readonly zone: Pick<Zone, 'isVital' | 'offeredSize' | 'judgedFor'>;
  /** What follows is done for its clients. */
  inHand(exchange?: Exchange, now?: number): void;
  /**
   * It is over: `fresh` is the answer, `notKept` why it may not be kept; else no server could give one, and `failure` is what the
   * last said.
   */
  asked(fresh: Entry | undefined, failure: Failure, notKept?: NotKeptReason): void;
}

const NO_SERVERS: readonly Asked[] = [];

const questionBytes = Buffer.alloc(512);

/** Reused: a response is judged before another is received. */
const response: ResponseView = { bytes: questionBytes, start: 0, length: 0, nameLength: 0 };

export class Asking implements UpstreamQuestion, DeadlineOwner {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly udpSize: number;
  readonly vital: boolean;
  /** This machine kept us from asking, or the plan: the outcome is no server's fault. */
  hindered = false;
  readonly #context: AskingContext;
  readonly #inquirer: Inquirer;
  readonly #zone: Pick<Zone, 'forwardOf'>;
  /** By which the client came that asked first. */
  readonly #clients: Transport;
  /** Undefined where none takes the name: it is over then, with a failure. */
  #forward: Forward | undefined;
  /** In which order its servers are asked. */
  #turn = 0;
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

  /** @param clients the transport by which the client came that asked first */
  constructor(context: AskingContext, inquirer: Inquirer, zone: Pick<Zone, 'forwardOf'>, clients: Transport) {
    this.question = inquirer.question;
    this.key = inquirer.key.slice(0, inquirer.nameLength + 3); // whoever asks
    this.nameLength = inquirer.nameLength;
    this.flags = inquirer.flags;
    this.dnssecOk = inquirer.dnssecOk;
    this.vital = inquirer.zone.isVital;
    this.udpSize = inquirer.zone.offeredSize;
    this.#context = context;
    this.#inquirer = inquirer;
    this.#zone = zone;
    this.#clients = clients;
    this.#forward = zone.forwardOf(this.key, this.nameLength);
  }

  /** Sends the first query. It is not over during this call. */
  depart(): void {
    const { deadlines, now } = this.#context;
    this.#end = now() + LAST_ANSWER - pace.END_STEP - 2 * TICK; // deadlines are met late, never early
    if (this.#begin()) return;
    this.#end = now();
    deadlines.set(this.#wait, 0);
  }

  expired(_deadline: Deadline, now: number): void {
    this.#miss();
    if (now < this.#end) this.#sendNext();
    else this.#fail();
  }

  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void {
    if (!exchange.takeBack()) return;
    const now = this.#context.now();
    this.#inquirer.inHand(exchange, now);
    const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
    const isBare = length === HEADER_LENGTH;
    const verdict = isBare ? bareFailure(rcode) : this.#judged(bytes, start, length, now);
    exchange.upstream.answered(exchange, now, rcode, failureOf(verdict, exchange.transport));
    if (this.#isLeftToOthers(exchange.upstream, rcode)) return;
    switch (verdict.outcome) {
      case 'answer':
        if (this.#forward!.plan.nextOnNodata && isNodata(verdict.entry) && this.#goToNextForward()) return;
        this.cancel();
        return this.#inquirer.asked(verdict.entry, SILENCE, verdict.notKept);
      case 'failure':
        return this.#unableToAnswer(exchange, verdict, !isBare && this.#forward!.isSequential);
      case 'truncated':
        if (exchange.transport !== 'udp') break;
        this.#context.events.upstreamTruncated++;
        return this.#askByTcp(exchange);
      case 'malformed':
        // A slice without TC, as some middleboxes make: the whole comes over TCP.
        if (exchange.transport === 'udp') return this.#askByTcp(exchange);
    }
    this.#unableToAnswer(exchange, { rcode: SERVFAIL, ede: -1 });
  }

  hinted(exchange: Exchange, rcode: number): void {
    if (this.#finished || this.#hinted.includes(exchange.upstream)) return;
    this.#hinted = [...this.#hinted, exchange.upstream];
    exchange.failing = failureOfRcode(rcode);
    if (rcode === FORMERR && !exchange.plain) this.#send(exchange.upstream, exchange.transport, true);
    else this.#askByTcp(exchange);
  }

  failed(exchange: Exchange, reason: ExchangeFailure): void {
    if (!exchange.takeBack()) return;
    const { upstream, transport } = exchange;
    upstream.failed(exchange, reason === 'strange' ? 'mismatch' : reason);
    switch (reason) {
      case 'local':
        return this.#pause(exchange);
      case 'strange':
        return this.#askByTcp(exchange);
      case 'closed':
      case 'refused':
      case 'unreachable':
        if (transport !== upstream.transport) {
          if (isAwaited(this.#latest, upstream)) return; // it has no TCP, and may be well
          if (timesAsked(this.#latest, upstream, 'udp') === 0)
            return this.#send(upstream, 'udp', exchange.plain);
        } else if (reason === 'closed') upstream.missed(exchange);
        else upstream.unreachable();
        if (reason === 'closed' || this.#refused.includes(upstream)) return this.#pass(upstream);
        this.#refused = [...this.#refused, upstream];
        return this.#goOn();
    }
  }

  heldUp(exchange: Exchange): void {
    if (!this.#finished && this.#escapes++ < pace.MAX_ESCAPES)
      this.#send(exchange.upstream, exchange.transport, exchange.plain);
  }

  /** Ends it without a result. */
  cancel(): void {
    if (!this.#finished) this.#forward?.leave();
    this.#finished = true;
    this.#context.deadlines.cancel(this.#wait);
    cancelAll(this.#latest);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #judged(bytes: Buffer, start: number, length: number, now: number): Verdict {
    response.bytes = bytes;
    response.start = start;
    response.length = length;
    response.nameLength = this.nameLength;
    const judged = this.#inquirer.zone.judgedFor(this.key, this.nameLength);
    return judge(response, judged, now, this.#context.wallSeconds);
  }

  /** Asks the first server of the forward; false where it may not, or there is none. */
  #begin(): boolean {
    const forward = this.#forward;
    if (forward === undefined) return false;
    if (!forward.enter()) {
      this.#context.events.maxConcurrentRejects++;
      this.#failure = CROWDED;
      this.hindered = true;
      return false;
    }
    this.#turn = forward.nextTurn();
    const first = forward.inOrder(this.#turn)[0];
    if (first === undefined) return false;
    if (!first.healthy) {
      this.#context.events.healthcheckBroken++;
      if (forward.plan.failFast) return false;
    }
    this.#send(first, this.#transportTo(first), false);
    return true;
  }

  /** Whether the plan leaves such an answer to the next forward, or to another server, which are asked then. */
  #isLeftToOthers(upstream: Asked, rcode: number): boolean {
    const { next, failover } = this.#forward!.plan;
    if (next.includes(rcode) && this.#goToNextForward()) return true;
    if (!failover.includes(rcode)) return false;
    const others = this.#forward!.upstreams.filter((other) => !this.#unable.includes(other));
    if (others.every((other) => other === upstream)) return false;
    this.#failure = { rcode: rcode === NOERROR || rcode === NXDOMAIN ? SERVFAIL : rcode, ede: -1 };
    this.#pass(upstream);
    return true;
  }

  /** As if it had just departed, but for the time that is left. False where no other forward takes the name. */
  #goToNextForward(): boolean {
    const next = this.#zone.forwardOf(this.key, this.nameLength, this.#forward);
    if (next === undefined) return false;
    cancelAll(this.#latest);
    this.#forward!.leave();
    this.#forward = next;
    this.#latest = undefined;
    this.#failure = undefined;
    this.#denied = this.#unable = this.#refused = this.#hinted = NO_SERVERS;
    this.#sends = this.#datagrams = this.#escapes = this.#pauses = 0;
    if (!this.#begin()) this.#fail();
    return true;
  }

  /** A server of TLS is asked over nothing else; the others as the plan says. */
  #transportTo(upstream: Asked): Transport {
    const follows = upstream.transport !== 'tls' && this.#forward!.plan.transport === 'client';
    return follows ? this.#clients : upstream.transport;
  }

  /** Of the latest that is waited for, the response has not come in the time it usually takes. */
  #miss(): void {
    let latest = this.#latest;
    while (latest?.over) latest = latest.earlier;
    if (latest === undefined) return;
    latest.failing ??= 'timeout';
    latest.upstream.missed(latest);
  }

  /** @param isFinal whether it speaks for the other servers, too */
  #unableToAnswer(exchange: Exchange, failure: Failure, isFinal = false): void {
    if (failure.rcode === FORMERR && !exchange.plain) {
      return this.#send(exchange.upstream, exchange.transport, true); // RFC 6891 section 6.2.2
    }
    this.#failure = failure;
    const { failover } = this.#forward!.plan;
    if (isFinal && !failover.includes(failure.rcode)) this.#unable = this.#forward!.upstreams;
    this.#pass(exchange.upstream);
  }

  #askByTcp(exchange: Exchange): void {
    if (!isOnStream(this.#latest, exchange.upstream)) this.#send(exchange.upstream, 'tcp', exchange.plain);
  }

  /** Nothing more is expected of this server, nor asked of it. */
  #pass(upstream: Asked): void {
    if (!this.#unable.includes(upstream)) this.#unable = [...this.#unable, upstream];
    cancelAll(this.#latest, upstream);
    this.#goOn();
  }

  /** At once, unless an earlier send may still be answered. */
  #goOn(): void {
    if (!isAwaited(this.#latest)) this.#sendNext();
  }

  /** As if it had not been asked; another server may be within reach. */
  #pause({ upstream, transport }: Exchange): void {
    this.hindered = true;
    this.#sends--;
    if (transport === 'udp') this.#datagrams--;
    if (isAwaited(this.#latest)) return;
    if (!this.#denied.includes(upstream)) {
      this.#denied = [...this.#denied, upstream];
      const next = this.#next();
      if (next !== undefined && !this.#denied.includes(next)) return this.#sendNext();
    }
    this.#waitFor(pace.PAUSE * 2 ** this.#pauses++);
  }

  /** To the server that was asked least; where there is none, what is out is waited for. */
  #sendNext(): void {
    const next = this.#next();
    const most = this.#context.isCrowded ? pace.MAX_DATAGRAMS_IN_CROWD : pace.MAX_DATAGRAMS;
    const isWaiting = isAwaited(this.#latest);
    const transport = next && this.#transportTo(next);
    if (next !== undefined && transport !== undefined && (transport !== 'udp' || this.#datagrams < most)) {
      if (!isWaiting || (next.bearsMore && this.#forward!.bearsMore))
        return this.#send(next, transport, false);
      return this.#waitFor(pace.PATIENCE);
    }
    if (isWaiting) this.#waitFor(this.#forward?.isSequential ? pace.PATIENCE : LAST_ANSWER);
    else this.#fail();
  }

  #next(): Upstream | undefined {
    const forward = this.#forward;
    if (forward === undefined) return undefined;
    const able = forward.inOrder(this.#turn).filter((upstream) => !this.#unable.includes(upstream));
    const first = forward.isSequential ? able.findIndex((upstream) => !this.#isOverdue(upstream)) : -1;
    return leastAsked(this.#latest, first < 0 ? able : able.slice(first, first + 1));
  }

  /** It has had the time that the plan gives a server. */
  #isOverdue(upstream: Asked): boolean {
    const since = askedSince(this.#latest, upstream);
    return since !== undefined && this.#context.now() - since >= this.#forward!.plan.readTimeout;
  }

  #send(upstream: Asked, transport: Transport, plain: boolean): void {
    if (this.#sends >= pace.MAX_SENDS)
      return isAwaited(this.#latest) ? this.#waitFor(LAST_ANSWER) : this.#fail();
    const now = this.#context.now();
    const exchange = new Exchange(this, upstream, transport, plain, now, this.#latest);
    this.#latest = exchange;
    this.#sends++;
    const wait = transport === 'udp' ? pace.waitBetween(upstream.patience, this.#datagrams++) : pace.PATIENCE;
    this.#waitFor(Math.min(wait, this.#forward!.plan.readTimeout), now);
    upstream.ask(exchange, now);
  }

  /** So long, or until the question is given up. */
  #waitFor(ms: number, now = this.#context.now()): void {
    const { deadlines } = this.#context;
    const left = Math.max(0, Math.ceil((this.#end - now) / pace.END_STEP)) * pace.END_STEP;
    deadlines.cancel(this.#wait);
    deadlines.set(this.#wait, Math.min(rounded(ms), left));
  }

  #fail(): void {
    if (this.#finished) return;
    const unsaid = isAwaited(this.#latest) ? SILENCE : NO_WAY;
    this.cancel();
    this.#inquirer.asked(undefined, this.#failure ?? unsaid);
  }
}

function isNodata({ kind, rcode }: Entry): boolean {
  return kind === 'denial' && rcode === NOERROR;
}
