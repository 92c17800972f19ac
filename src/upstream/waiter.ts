// waiter — a client's query that waits for the answer to a question, and the line of those that wait for the same one.

import type { Entry } from '../cache/entry.ts';
import type { Query } from '../message/query.ts';
import type { Peer } from '../zone/question.ts';

/** The client of a query that may have to wait. */
export interface Asker {
  readonly share: number;
  /** Index into `protocols` of the counters. */
  readonly protocol: number;
  /** Who it is, for steps that look at it. */
  peer(): Peer;
  sender(query: Query): string;
}

/** A client whose question is being asked. It keeps its own copy of the query. */
export abstract class Waiter {
  /** Milliseconds of the monotonic clock. */
  readonly received: number;
  /** The share of the places that is its client's; see ClientShares. */
  readonly share: number;
  /** What the query it keeps takes. */
  readonly length: number;
  /** Bytes it is charged with while it has a place; what its question takes is among them unless another waiter pays for that. */
  charged = 0;
  /** In which line of its zone and share it stands, and between which others. */
  line = -1;
  ahead: Waiter | undefined = undefined;
  behind: Waiter | undefined = undefined;
  /** What it waits for, and between which others. */
  question: AskedQuestion | undefined = undefined;
  earlier: Waiter | undefined = undefined;
  later: Waiter | undefined = undefined;

  constructor(received: number, share: number, length: number) {
    this.received = received;
    this.share = share;
    this.length = length;
  }

  /** The same for copies of a query: client and id. */
  abstract get sender(): string;
  /** What follows is done for this client: should the process crash on it, its query is the suspect. */
  abstract inHand(): void;
  /** Answers the client, once. */
  abstract deliver(entry: Entry, now: number): void;
}

/** What waiters wait for. */
export interface AskedQuestion {
  readonly waiters: WaiterLine;
  /** Whether a zone's steps make the answer, which may ask servers for parts of it. */
  readonly isMadeHere: boolean;
  /** The server whose answer it is; undefined where there is none, or more than one. */
  readonly answeredBy: AnsweredBy | undefined;
}

export interface AnsweredBy {
  /** `192.0.2.1:53` */
  readonly server: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
  /** Milliseconds from the send that was answered to the answer. */
  readonly ms: number;
  /** How often the question had been sent by then, to any server. */
  readonly sends: number;
}

/** Those that wait for one question, oldest first. */
export class WaiterLine {
  first: Waiter | undefined = undefined;
  count = 0;
  #last: Waiter | undefined = undefined;
  /** Who they are; undefined while there is one at most, which is mostly so. */
  #senders: Set<string> | undefined = undefined;

  add(waiter: Waiter): void {
    waiter.earlier = this.#last;
    if (this.#last === undefined) this.first = waiter;
    else {
      this.#last.later = waiter;
      this.#senders ??= new Set([this.first!.sender]);
      this.#senders.add(waiter.sender);
    }
    this.#last = waiter;
    this.count++;
  }

  /** Whether a copy of that query waits already. */
  has(sender: string): boolean {
    if (this.#senders !== undefined) return this.#senders.has(sender);
    return this.first !== undefined && this.first.sender === sender;
  }

  remove(waiter: Waiter): void {
    const { earlier, later } = waiter;
    if (earlier === undefined) this.first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    waiter.earlier = undefined;
    waiter.later = undefined;
    this.#senders?.delete(waiter.sender);
    this.count--;
  }

  /** Hands all of them over: a chain by `later`. */
  takeAll(): Waiter | undefined {
    const { first } = this;
    this.first = undefined;
    this.#last = undefined;
    this.#senders = undefined;
    this.count = 0;
    return first;
  }
}
