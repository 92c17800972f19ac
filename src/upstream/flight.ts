// flight — an open question: it is asked once, on behalf of all its waiters.
//
//   a stale answer is at hand: waiters are given it after 1800 ms, and the flight goes on

import type { Entry } from '../cache/entry.ts';
import type { Failure } from '../cache/verdict.ts';
import { type NotKeptReason, protocols } from '../counters.ts';
import { Deadline, type DeadlineOwner } from '../loop/deadlines.ts';
import { AD, CD, HEADER_LENGTH, RD } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import { questionOf } from '../zone/question.ts';
import type { Zone } from '../zone/zone.ts';
import { Asking, type Inquirer } from './asking.ts';
import { Errand, type ErrandContext } from './errand.ts';
import type { Exchange } from './exchange.ts';
import { answeredBy } from './sent.ts';
import { type AnsweredBy, type AskedQuestion, type Asker, type Waiter, WaiterLine } from './waiter.ts';

/** What flights run on, and what they come back to. */
export interface FlightContext extends ErrandContext {
  /** The flight is over: `fresh` is its answer, else no server could give one, and `failure` is what the last said. */
  land(flight: Flight, fresh: Entry | undefined, failure: Failure, notKept?: NotKeptReason): void;
  /** Gives `entry` to all waiters of the flight. */
  release(flight: Flight, entry: Entry, now: number): void;
}

const questionBytes = Buffer.alloc(512);

export class Flight implements Inquirer, AskedQuestion, DeadlineOwner {
  readonly question: string;
  readonly key: string;
  readonly nameLength: number;
  readonly flags: number;
  readonly dnssecOk: boolean;
  readonly zone: Zone;
  readonly waiters = new WaiterLine();
  /** Which of them is charged with what the question itself takes; none: it goes on without any, for the cache. */
  payer: Waiter | undefined = undefined;
  /** What the cache holds for the question, to fall back on; never a failure. */
  readonly previous: Entry | undefined;
  /** The stale answer has been given out; clients that still come get it at once. */
  fellBack = false;
  readonly #context: FlightContext;
  /** Where its zone has no steps, servers are asked at once. */
  readonly #pursuit: Asking | Errand;
  /** Of its waiters; undefined where there is no stale answer to give them. */
  #stale: Deadline | undefined = undefined;
  /** The send that a server has answered last, and when. */
  #answered: Exchange | undefined = undefined;
  #answeredAt = 0;

  constructor(
    context: FlightContext,
    query: Query,
    zone: Zone,
    previous: Entry | undefined,
    asker: Pick<Asker, 'peer' | 'protocol'>,
  ) {
    const length = query.nameLength + 4;
    for (let i = 0; i < length; i++) questionBytes[i] = query.bytes[query.start + HEADER_LENGTH + i]!;
    this.question = questionBytes.toString('latin1', 0, length);
    this.key = query.key;
    this.nameLength = query.nameLength;
    this.flags = (query.flags & (RD | CD)) | AD;
    this.dnssecOk = query.dnssecOk;
    this.zone = zone;
    this.previous = previous;
    this.#context = context;
    this.#pursuit =
      zone.block.steps.length === 0
        ? new Asking(context, this, zone, zone.followsClients ? protocols[asker.protocol]! : 'udp')
        : new Errand(context, this, questionOf(query, asker.peer()));
  }

  /** It does not land during this call. */
  depart(): void {
    this.#pursuit.depart();
  }

  /** This machine kept us from asking: the outcome is no server's fault. */
  get isHindered(): boolean {
    return this.#pursuit.hindered;
  }

  get isMadeHere(): boolean {
    return !(this.#pursuit instanceof Asking);
  }

  get answeredBy(): AnsweredBy | undefined {
    return this.#answered && answeredBy(this.#answered, this.#answeredAt);
  }

  /** Waiters are given the stale answer after so many milliseconds unless a fresh one comes in time. */
  fallBackAfter(ms: number): void {
    this.#stale = new Deadline(this);
    this.#context.deadlines.set(this.#stale, ms);
  }

  expired(_deadline: Deadline, now: number): void {
    this.fellBack = true;
    this.#context.release(this, this.previous!, now);
  }

  inHand(exchange?: Exchange, now = 0): void {
    this.#answered = exchange;
    this.#answeredAt = now;
    this.waiters.first?.inHand();
  }

  asked(fresh: Entry | undefined, failure: Failure, notKept?: NotKeptReason): void {
    this.#endStale();
    this.#context.land(this, fresh, failure, notKept);
  }

  /** Ends the flight without a result. */
  cancel(): void {
    this.#endStale();
    this.#pursuit.cancel();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #endStale(): void {
    if (this.#stale !== undefined) this.#context.deadlines.cancel(this.#stale);
  }
}
