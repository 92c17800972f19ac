// tcp-session — one connection to a server, over TCP or TLS: frames out, frames in, matched by id and question.
//
// Many servers answer the questions of a connection in order. One that takes them long holds up all behind it; the connection
// is blocked then, and told so to its pool: while nothing comes, and something waits.
//
//   queue:  oldest ── … ── newest      an answer to one in the middle: those before it are passed by, and hold up nothing

import type { EventLoop } from '../loop/event-loop.ts';
import { FLAGS, HEADER_LENGTH, RCODE_MASK, readUint16, writeUint16 } from '../message/message.ts';
import type { ByteStream, OpenStream, StreamUser } from './byte-stream.ts';
import {
  answers,
  type Carrier,
  type Exchange,
  type ExchangeFailure,
  GivenUp,
  isBareError,
  LONGEST_QUERY,
} from './exchange.ts';
import { FrameReader } from './frames.ts';
import { random16 } from './random.ts';

/** Milliseconds after which another connection is to take its place: so many, and up to as many more, by chance. */
const LIFE = 29_000;

/** Questions that were given up, and passed by, of which an answer is known for what it is. */
const REMEMBERED = 128;

/** What the connections to one server have in common. */
export interface Sessions {
  /** A message came that is to no question of ours. */
  strange(): void;
  /** The connection stands. */
  stands(session: UpstreamSession): void;
  /** It is over; `lost` is what was not answered, oldest first. */
  ended(session: UpstreamSession, lost: readonly Exchange[], reason: ExchangeFailure): void;
}

export class UpstreamSession implements StreamUser, Carrier {
  /** For questions that may use the last connection. */
  readonly vital: boolean;
  /** Whether it ever delivered a response. */
  worked = false;
  lastUsed: number;
  stands = false;
  /** From then on another one is to take its place. */
  readonly due: number;
  /** When another one took its place; it gets no new questions. */
  retired: number | undefined = undefined;
  readonly #stream: ByteStream;
  readonly #loop: EventLoop;
  readonly #sessions: Sessions;
  /** Not answered, oldest first; those that were given up are still in the server's way. */
  readonly #queue = new Map<number, Exchange>();
  /** Not answered although later ones were. */
  readonly #passed = new Map<number, Exchange>();
  /** Of those the ones that were given up, oldest first. */
  readonly #givenUp = new Map<number, GivenUp>();
  readonly #frames = new FrameReader();
  #heard: number;
  readonly #now: () => number;
  #ended = false;
  #outgoing: Buffer[] = [];
  #flushing = false;

  /**
   * @param maxAge milliseconds after which another one is to take its place in any case; 0: when it is time
   * @throws what the kernel says when it denies a connection; nothing is left open then
   */
  constructor(
    open: OpenStream,
    loop: EventLoop,
    now: () => number,
    maxAge: number,
    vital: boolean,
    sessions: Sessions,
  ) {
    this.#loop = loop;
    this.#sessions = sessions;
    this.#now = now;
    this.vital = vital;
    this.#heard = this.lastUsed = now();
    const life = LIFE * (1 + random16() / 65536);
    this.due = this.#heard + (maxAge === 0 ? life : Math.min(life, maxAge));
    this.#stream = open(this);
  }

  /** Questions the server has not answered. */
  get waiting(): number {
    return this.#queue.size + this.#passed.size;
  }

  /** Milliseconds for which the server has kept the oldest question waiting, and said nothing. */
  silence(now: number): number {
    const { oldest } = this;
    if (oldest === undefined) return 0;
    return now - (this.stands ? Math.max(this.#heard, oldest.sent) : this.#heard);
  }

  /** The question that all others wait behind. */
  get oldest(): Exchange | undefined {
    for (const oldest of this.#queue.values()) return oldest;
    return undefined;
  }

  /** Those that wait behind the oldest. */
  heldUp(): readonly Exchange[] {
    return [...this.#queue.values()].slice(1).filter(({ carrier }) => carrier === this);
  }

  send(exchange: Exchange, now: number): void {
    let id = random16();
    while (this.#queue.has(id) || this.#passed.has(id)) id = random16();
    this.#givenUp.delete(id);
    exchange.id = id;
    exchange.carrier = this;
    exchange.sent = this.lastUsed = now;
    this.#queue.set(id, exchange);
    if (!this.stands) return;
    this.#write(exchange);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#loop.later(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  forget(exchange: Exchange): void {
    if (this.#passed.delete(exchange.id)) return this.#remember(exchange);
    if (!this.stands) this.#queue.delete(exchange.id); // never sent
  }

  /** Hands over all questions of a connection that does not stand: none of them was sent. */
  takeUnsent(): readonly Exchange[] {
    const unsent = [...this.#queue.values()];
    this.#queue.clear();
    for (const exchange of unsent) exchange.carrier = undefined;
    return unsent;
  }

  stood(): void {
    if (this.#ended) return;
    this.stands = true;
    this.#heard = this.#now();
    for (const exchange of this.#queue.values()) this.#write(exchange);
    this.#sessions.stands(this);
    this.#flush();
  }

  received(bytes: Buffer, length: number): void {
    if (this.#ended) return;
    this.#heard = this.#now();
    this.#frames.push(bytes, length, (frame, start, frameLength) => this.#frame(frame, start, frameLength));
  }

  ended(reason: ExchangeFailure): void {
    this.end(reason);
  }

  /** What still waited on it is handed over. */
  end(reason: ExchangeFailure): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream.close();
    const lost = [...this.#queue.values(), ...this.#passed.values()].filter(
      ({ carrier }) => carrier === this,
    );
    this.#queue.clear();
    this.#passed.clear();
    for (const exchange of lost) exchange.carrier = undefined;
    this.#loop.later(() => this.#sessions.ended(this, lost, reason));
  }

  // -------------------------------------------------------------------------------------------------------------------

  #write(exchange: Exchange): void {
    const frame = Buffer.allocUnsafe(2 + LONGEST_QUERY);
    const length = exchange.write(frame, 2);
    writeUint16(frame, 0, length);
    this.#outgoing.push(frame.subarray(0, 2 + length));
  }

  #frame(bytes: Buffer, start: number, length: number): void {
    const id = length >= HEADER_LENGTH ? readUint16(bytes, start) : -1;
    const exchange = this.#queue.get(id) ?? this.#passed.get(id) ?? this.#givenUp.get(id);
    const key = exchange instanceof GivenUp ? exchange.key : exchange?.question.key;
    const bare = isBareError(bytes, start, length);
    if (exchange === undefined || !(bare || answers(key!, bytes, start, length)))
      return this.#sessions.strange();
    this.worked = true;
    const late = exchange instanceof GivenUp || exchange.carrier !== this;
    if (exchange instanceof GivenUp) this.#givenUp.delete(id);
    else if (!this.#passed.delete(id)) this.#passBy(exchange);
    if (late) {
      const left = exchange instanceof GivenUp ? exchange : new GivenUp(exchange);
      return left.upstream.late(left, this.#now(), readUint16(bytes, start + FLAGS) & RCODE_MASK);
    }
    exchange.carrier = undefined;
    exchange.question.responded(exchange, bytes, start, length);
  }

  /** Takes it out of the queue; the server has passed by all before it. */
  #passBy(answered: Exchange): void {
    for (const [id, exchange] of this.#queue) {
      this.#queue.delete(id);
      if (exchange === answered) return;
      if (exchange.carrier === this) this.#passed.set(id, exchange);
      else this.#remember(exchange);
    }
  }

  #remember(exchange: Exchange): void {
    this.#givenUp.set(exchange.id, new GivenUp(exchange));
    if (this.#givenUp.size <= REMEMBERED) return;
    for (const [id] of this.#givenUp) return void this.#givenUp.delete(id);
  }

  #flush(): void {
    if (this.#ended || this.#outgoing.length === 0) return;
    const bytes = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
    this.#outgoing = [];
    this.#stream.write(bytes);
  }
}
