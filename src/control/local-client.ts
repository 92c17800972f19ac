// local-client — a client inside of the instance: it asks as one of 127.0.0.1 would over TCP, of this very instance, and is told
// where the answer came from.

import { composeAnswer, REPLY_SLACK } from '../cache/compose-answer.ts';
import type { Entry } from '../cache/entry.ts';
import { observe } from '../counters.ts';
import { HEADER_LENGTH, RCODE_MASK, type Rcode } from '../message/message.ts';
import { Query } from '../message/query.ts';
import { rereadQuery } from '../message/question.ts';
import { composeError, LONGEST_ERROR } from '../message/reply.ts';
import type { Resolver } from '../resolver.ts';
import type { Client } from '../serve.ts';
import { Waiter } from '../upstream/waiter.ts';
import type { Audience } from '../zone/audience.ts';
import type { Peer } from '../zone/question.ts';
import { seconds } from './cached-names.ts';
import type { Answered, AnswerOrigin } from './protocol.ts';

export type Inside = Resolver['inside'];

/** Bytes of an answer: its text has to fit into a reply. */
const LONGEST_ANSWER = 40_000;

/** @throws Error where the query is none that gets an answer */
export function askInside(inside: Inside, query: Buffer): Promise<Answered> {
  if (query.length < HEADER_LENGTH) return Promise.reject(new Error('the query is shorter than a header'));
  return new Promise((resolve) => new LocalClient(inside, query, resolve).ask());
}

// ---------------------------------------------------------------------------------------------------------------------

let asked = 0;

class LocalClient implements Client {
  readonly protocol = 1;
  readonly family = 0;
  readonly share: number;
  audience: Audience;
  readonly #inside: Inside;
  readonly #bytes: Buffer;
  readonly #resolve: (answered: Answered) => void;
  readonly #received: number;
  readonly #id = ++asked;
  #isParked = false;
  #isAnswered = false;

  constructor(inside: Inside, bytes: Buffer, resolve: (answered: Answered) => void) {
    this.#inside = inside;
    this.#bytes = bytes;
    this.#resolve = resolve;
    this.share = inside.share;
    this.#received = inside.now();
    this.audience = this.#audience();
  }

  ask(): void {
    this.#inside.service.answer(this, this.#bytes, 0, this.#bytes.length, this.#received);
    if (!this.#isParked && !this.#isAnswered) this.#end(undefined, 'refused', undefined); // as a block says
  }

  moveAudience(): void {
    this.audience = this.#audience();
  }

  peer(): Peer {
    return { address: '127.0.0.1', port: 0, server: this.#inside.listener(), transport: 'tcp' };
  }

  sender(): string {
    return `control ${this.#id}`;
  }

  answer(query: Query, entry: Entry, now: number): void {
    const isKept = this.#inside.cache.peek(query.key, now) === entry;
    this.deliver(query, entry, now, isKept ? 'cache' : 'made');
  }

  deliver(
    query: Query,
    entry: Entry,
    now: number,
    origin: AnswerOrigin,
    upstream?: Answered['upstream'],
  ): void {
    const { service, counters } = this.#inside;
    const zone = counters.zones[entry.zone]!;
    const limit = Math.min(entry.wire.length + REPLY_SLACK, LONGEST_ANSWER);
    const out = Buffer.alloc(limit);
    const length = composeAnswer(entry, query, out, 0, limit, now, service.zoneAt(entry.zone)?.rules);
    zone.responses[entry.rcode & RCODE_MASK]! += 1;
    observe(zone, now - this.#received);
    this.#end(out.subarray(0, length), origin, entry.zone, origin === 'cache' ? entry : undefined, upstream);
  }

  refuse(query: Query, rcode: Rcode, zone: number): void {
    const out = Buffer.alloc(LONGEST_ERROR);
    this.#inside.counters.zones[zone]!.responses[rcode & RCODE_MASK]! += 1;
    this.#end(out.subarray(0, composeError(query, rcode, -1, out, 0)), 'refused', zone);
  }

  park(query: Query, now: number): Waiter {
    this.#isParked = true;
    return new LocalWaiter(this, this.#bytes, now, this.share, query.length);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #audience(): Audience {
    const { address, port } = this.#inside.listener();
    return this.#inside.service.audienceAt(address, port);
  }

  #end(
    reply: Buffer | undefined,
    origin: AnswerOrigin,
    zone: number | undefined,
    kept?: Entry,
    upstream: Answered['upstream'] = null,
  ): void {
    this.#isAnswered = true;
    const now = this.#inside.now();
    this.#resolve({
      reply: reply?.toString('base64') ?? null,
      origin,
      zone: zone === undefined ? null : (this.#inside.service.zoneAt(zone)?.name ?? null),
      ms: Math.round((now - this.#received) * 1000) / 1000,
      ageSeconds: kept === undefined ? null : seconds(now - kept.stored),
      leftSeconds: kept === undefined ? null : seconds(kept.expires - now),
      upstream,
    });
  }
}

class LocalWaiter extends Waiter {
  readonly sender: string;
  readonly #client: LocalClient;
  readonly #bytes: Buffer;

  constructor(client: LocalClient, bytes: Buffer, received: number, share: number, length: number) {
    super(received, share, length);
    this.sender = client.sender();
    this.#client = client;
    this.#bytes = bytes;
  }

  inHand(): void {}

  deliver(entry: Entry, now: number): void {
    const query = new Query();
    rereadQuery(query, this.#bytes, 0, this.#bytes.length);
    const isOld = entry.stored < this.received && entry.expires <= now;
    const { answeredBy } = this.question ?? {};
    const origin = isOld ? 'cache' : this.question?.isMadeHere ? 'made' : 'upstream';
    this.#client.deliver(query, entry, now, origin, isOld ? null : (answeredBy ?? null));
  }
}
