// tcp-session — one TCP connection to a server: frames out, frames in, matched by id and question.
//
// Many servers answer the questions of a connection in order. One that takes them long holds up all behind it; the connection
// is blocked then, and told so to its pool: while nothing comes, and something waits.
//
//   queue:  oldest ── … ── newest      an answer to one in the middle: those before it are passed by, and hold up nothing

import { constants } from 'node:os';
import {
  close,
  connectTcp,
  EAGAIN,
  ERROR,
  HANGUP,
  pendingError,
  READABLE,
  read,
  shutdown,
  WRITABLE,
  write,
} from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { HEADER_LENGTH, readUint16, writeUint16 } from '../message/message.ts';
import {
  answers,
  type Carrier,
  type Exchange,
  type ExchangeFailure,
  isBareError,
  LONGEST_QUERY,
} from './exchange.ts';
import { FrameReader } from './frames.ts';
import { random16 } from './random.ts';
import { refusalOf } from './refusal.ts';

const { ETIMEDOUT } = constants.errno;

/** Shared by all connections: what a read yields is consumed before the next one. */
const received = Buffer.allocUnsafeSlow(65536 + 2);

/**
 * Milliseconds. A server may be slow, its kernel is not: one that acknowledges nothing is gone, or something on the way has
 * forgotten the connection.
 */
const ACKNOWLEDGED_WITHIN = 800;

/** Milliseconds after which another connection is to take its place: so many, and up to as many more, by chance. */
const LIFE = 29_000;

/** What the connections to one server have in common. */
export interface Sessions {
  /** The connection stands. */
  stands(session: UpstreamSession): void;
  /** It is over; `lost` is what was not answered, oldest first. */
  ended(session: UpstreamSession, lost: readonly Exchange[], reason: ExchangeFailure): void;
}

export class UpstreamSession implements Watched, Carrier {
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
  readonly #fd: number;
  readonly #watchId: number;
  readonly #loop: EventLoop;
  readonly #events: Counters['events'];
  readonly #sessions: Sessions;
  /** Not answered, oldest first; those that were given up are still in the server's way. */
  readonly #queue = new Map<number, Exchange>();
  /** Not answered although later ones were. */
  readonly #passed = new Map<number, Exchange>();
  readonly #frames = new FrameReader();
  #heard: number;
  readonly #now: () => number;
  #ended = false;
  #outgoing: Buffer[] = [];
  #flushing = false;
  #awaitsRoom = true; // writable is how a connection under way reports that it stands

  /** @throws what the kernel says when it denies a connection; nothing is left open then */
  constructor(
    endpoint: Endpoint,
    loop: EventLoop,
    events: Counters['events'],
    now: () => number,
    vital: boolean,
    sessions: Sessions,
  ) {
    this.#loop = loop;
    this.#events = events;
    this.#sessions = sessions;
    this.#now = now;
    this.vital = vital;
    this.#heard = this.lastUsed = now();
    this.due = this.#heard + LIFE * (1 + random16() / 65536);
    this.#fd = connectTcp({ ...endpoint, acknowledgedWithin: ACKNOWLEDGED_WITHIN });
    try {
      this.#watchId = loop.watch(this.#fd, READABLE | WRITABLE, this);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
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
    if (this.#passed.delete(exchange.id) || this.stands) return;
    this.#queue.delete(exchange.id); // never sent
  }

  /** Hands over all questions of a connection that does not stand: none of them was sent. */
  takeUnsent(): readonly Exchange[] {
    const unsent = [...this.#queue.values()];
    this.#queue.clear();
    for (const exchange of unsent) exchange.carrier = undefined;
    return unsent;
  }

  ready(flags: number): void {
    const over = (flags & (ERROR | HANGUP)) !== 0;
    if (flags & WRITABLE && !over) this.#hasRoom();
    // What came before an RST is good: the error is what is read last.
    if (flags & READABLE || over) this.#read(over);
  }

  /** What still waited on it is handed over. */
  end(reason: ExchangeFailure): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#loop.unwatch(this.#fd, this.#watchId);
    shutdown(this.#fd, 2);
    close(this.#fd);
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

  #hasRoom(): void {
    if (!this.stands) {
      this.stands = true;
      this.#heard = this.#now();
      for (const exchange of this.#queue.values()) this.#write(exchange);
      this.#sessions.stands(this);
    }
    this.#flush();
  }

  #read(over: boolean): void {
    if (this.#ended) return;
    const length = read(this.#fd, received, 0, received.length);
    if (length === -EAGAIN && !over) return;
    if (length === -EAGAIN) return this.#fail(pendingError(this.#fd));
    if (length <= 0) return this.#fail(length);
    this.#heard = this.#now();
    this.#frames.push(received, length, (bytes, start, frameLength) =>
      this.#frame(bytes, start, frameLength),
    );
  }

  #frame(bytes: Buffer, start: number, length: number): void {
    const id = length >= HEADER_LENGTH ? readUint16(bytes, start) : -1;
    const exchange = this.#queue.get(id) ?? this.#passed.get(id);
    const bare = isBareError(bytes, start, length);
    if (exchange === undefined || !(bare || answers(exchange.question.key, bytes, start, length))) {
      this.#events.upstreamMismatches++;
      return;
    }
    this.worked = true;
    if (!this.#passed.delete(id)) this.#passBy(exchange);
    if (exchange.carrier !== this) return; // given up meanwhile
    exchange.carrier = undefined;
    exchange.question.responded(exchange, bytes, start, length);
  }

  /** Takes it out of the queue; the server has passed by all before it. */
  #passBy(answered: Exchange): void {
    for (const [id, exchange] of this.#queue) {
      this.#queue.delete(id);
      if (exchange === answered) return;
      if (exchange.carrier === this) this.#passed.set(id, exchange);
    }
  }

  #fail(errno: number): void {
    const refusal = errno < 0 ? refusalOf(errno) : 'refused';
    const isLost = this.stands || errno === -ETIMEDOUT;
    this.end(refusal === 'refused' && isLost ? 'closed' : refusal);
  }

  #flush(): void {
    if (this.#ended) return;
    if (this.#outgoing.length > 0) {
      const bytes = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
      const sent = write(this.#fd, bytes, 0, bytes.length);
      if (sent < 0 && sent !== -EAGAIN) return this.#fail(sent);
      this.#outgoing = sent === bytes.length ? [] : [bytes.subarray(Math.max(sent, 0))];
    }
    const wantsRoom = this.#outgoing.length > 0;
    if (wantsRoom === this.#awaitsRoom) return;
    this.#awaitsRoom = wantsRoom;
    this.#loop.modify(this.#fd, wantsRoom ? READABLE | WRITABLE : READABLE, this.#watchId);
  }
}
