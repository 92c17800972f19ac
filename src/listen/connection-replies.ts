// connection-replies — replies composed into what a connection writes to its client, counted, and told in the log.

import { composeAnswer, REPLY_SLACK } from '../cache/compose-answer.ts';
import type { Entry } from '../cache/entry.ts';
import { observe } from '../counters.ts';
import { MAX_TCP, RCODE_MASK } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import { composeError, composeUnseenFailure, LONGEST_ERROR } from '../message/reply.ts';
import type { Client } from '../serve.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { TcpContext } from './tcp-context.ts';

/** What composes returns false where the client has left so much unread that no more is composed for it. */
export class ConnectionReplies {
  readonly #client: Pick<Client, 'peer'>;
  readonly #answers: AnswerStream;
  readonly #context: TcpContext;

  constructor(client: Pick<Client, 'peer'>, answers: AnswerStream, context: TcpContext) {
    this.#client = client;
    this.#answers = answers;
    this.#context = context;
  }

  /** @param took milliseconds since the query came */
  answer(query: Query, entry: Entry, now: number, took: number): boolean {
    if (!this.#answers.admits(entry.wire.length + REPLY_SLACK)) return false;
    const at = this.#answers.reserve(entry.wire.length + REPLY_SLACK);
    const rules = this.#context.service.zoneAt(entry.zone)?.rules;
    this.#answers.add(composeAnswer(entry, query, this.#answers.outbox, at, MAX_TCP, now, rules));
    this.#count(entry.zone, query, entry.rcode, now, took);
    return true;
  }

  /** @param zone where it is counted */
  refuse(query: Query, rcode: number, zone: number): boolean {
    if (!this.#answers.admits(LONGEST_ERROR)) return false;
    const at = this.#answers.reserve(LONGEST_ERROR);
    this.#answers.add(composeError(query, rcode, -1, this.#answers.outbox, at));
    this.#count(zone, query, rcode, this.#context.now(), 0);
    return true;
  }

  /** To a query of `length` bytes at `start` that its process may have died of. */
  refuseUnseen(bytes: Uint8Array, start: number, length: number): boolean {
    if (!this.#answers.admits(length)) return false;
    const at = this.#answers.reserve(length);
    this.#answers.add(composeUnseenFailure(bytes, start, length, this.#answers.outbox, at));
    this.#context.counters.events.suspectsRefused++;
    return true;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #count(zone: number, query: Query, rcode: number, now: number, took: number): void {
    const { counters, service } = this.#context;
    counters.zones[zone]!.responses[rcode & RCODE_MASK]! += 1;
    observe(counters.zones[zone]!, took);
    service.tell(zone, query, this.#answers, this.#client, now, took);
  }
}
