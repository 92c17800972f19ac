// tcp-connection — a client's TCP connection: queries pipelined, answers in the order they are ready (RFC 7766).

import { close, EAGAIN, ERROR, HANGUP, READABLE, read, shutdown, WRITABLE, write } from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { durationBucket } from '../counters.ts';
import { MAX_TCP, MAX_UDP, RCODE_MASK, writeUint16 } from '../message/message.ts';
import { Query } from '../message/query.ts';
import { rereadQuery } from '../message/question.ts';
import { composeAnswer, composeError, REPLY_SLACK } from '../message/reply.ts';
import type { Waiter } from '../upstream/flights.ts';
import type { Client } from './client.ts';
import { FrameReader } from './frames.ts';
import type { TcpContext } from './tcp-server.ts';

/** Milliseconds without a query or an answer before the connection is closed (RFC 7766 section 6.2.3). */
const IDLE = 10_000;
/** Milliseconds an unfinished query may take to arrive. */
const READ_TIMEOUT = 5000;
/** Answers not taken by the client, in bytes, above which nothing more is read from it. */
const BACKLOG_PAUSE = 64 << 10;
/** Milliseconds such a client has to read on. */
const WRITE_TIMEOUT = 5000;
/** Queries of one connection that wait for upstreams before reading pauses: back-pressure, not loss. */
const MAX_WAITING = 256;

/** Shared by all connections: each read is used up, each batch of answers written, before the next. */
const received = Buffer.allocUnsafeSlow(1 << 16);
const outgoing = Buffer.allocUnsafeSlow(1 << 18);
const delivered = new Query();

export class ServerConnection implements Client {
  readonly protocol = 1;
  readonly family: number;
  readonly #fd: number;
  readonly #tag: number;
  readonly #context: TcpContext;
  readonly #onEnd: () => void;
  readonly #frames = new FrameReader();
  #active: number;
  #frameStarted = 0;
  #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #backlogSince = 0;
  #waiting = 0;
  #halfClosed = false;
  #ended = false;
  #flags: number = READABLE;
  /** Bytes of `outgoing` composed while a read is being served. */
  #composed = 0;
  #serving = false;

  constructor(fd: number, family: number, context: TcpContext, onEnd: () => void) {
    this.#fd = fd;
    this.family = family;
    this.#context = context;
    this.#onEnd = onEnd;
    this.#active = context.now();
    this.#tag = context.loop.watch(fd, READABLE, this);
  }

  ready(flags: number): void {
    if (flags & ERROR || (flags & HANGUP && this.#halfClosed)) return this.end();
    if (flags & WRITABLE) this.#writeBacklog();
    if (flags & ~WRITABLE && !this.#ended && this.#flags & READABLE) this.#read();
  }

  answer(query: Query, entry: Entry, now: number): void {
    this.#compose(query, entry, now);
    this.#observe(entry.route, 0);
  }

  refuse(query: Query, rcode: number, zone: number): void {
    const at = this.#reserve(MAX_UDP);
    this.#frame(composeError(query, rcode, -1, outgoing, at));
    this.#context.counters.zones[zone]!.responses[rcode & RCODE_MASK]! += 1;
    this.#observe(zone, 0);
  }

  park(query: Query, now: number): Waiter {
    const copy = Buffer.from(query.bytes.subarray(query.start, query.start + query.length));
    this.#waiting++;
    return {
      received: now,
      deliver: (entry, deliveredAt) => this.#deliver(copy, entry, now, deliveredAt),
      abandon: () => this.#answered(),
    };
  }

  /** Closes what has been idle, or unfinished, or not reading, for too long. */
  sweep(now: number): void {
    const { events } = this.#context.counters;
    if (this.#backlogBytes > 0) {
      if (now - this.#backlogSince < WRITE_TIMEOUT) return;
      events.tcpOverflowClosed++;
    } else if (this.#frames.pending > 0) {
      if (now - this.#frameStarted < READ_TIMEOUT) return;
      events.tcpReadTimeouts++;
    } else {
      if (this.#waiting > 0 || now - this.#active < IDLE) return;
      events.tcpIdleClosed++;
    }
    this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.loop.unwatch(this.#fd, this.#tag);
    shutdown(this.#fd, 2);
    close(this.#fd);
    this.#backlog = [];
    this.#onEnd();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #read(): void {
    const length = read(this.#fd, received, 0, received.length);
    if (length === -EAGAIN) return;
    if (length < 0) return this.end();
    if (length === 0) return this.#endOfQueries();
    const now = this.#context.now();
    this.#active = now;
    const unfinished = this.#frames.pending > 0;
    this.#serving = true;
    this.#frames.push(received, length, (bytes, start, frameLength) =>
      this.#serve(bytes, start, frameLength, now),
    );
    this.#serving = false;
    if (this.#frames.pending > 0 && !(unfinished && this.#frameStarted > 0)) this.#frameStarted = now;
    if (this.#frames.pending === 0) this.#frameStarted = 0;
    this.#flush();
    this.#watch();
  }

  #serve(bytes: Buffer, start: number, length: number, now: number): void {
    if (this.#ended) return;
    this.#frameStarted = 0;
    if (length < 12) return this.end(); // framing is lost, or never was (RFC 7766 section 8)
    try {
      this.#context.service.answer(this, bytes, start, length, now);
    } catch (error) {
      this.#context.onPanic(error);
    }
  }

  #deliver(copy: Buffer, entry: Entry, receivedAt: number, now: number): void {
    this.#answered();
    if (this.#ended) {
      this.#context.counters.events.unansweredClients++;
      return;
    }
    this.#active = now;
    rereadQuery(delivered, copy, 0, copy.length);
    this.#compose(delivered, entry, now);
    this.#observe(entry.route, now - receivedAt);
    if (this.#serving) return;
    this.#flush();
    this.#watch();
  }

  #answered(): void {
    this.#waiting--;
  }

  #compose(query: Query, entry: Entry, now: number): void {
    const at = this.#reserve(entry.wire.length + REPLY_SLACK);
    this.#frame(composeAnswer(entry, query, outgoing, at, MAX_TCP, now));
    this.#context.counters.zones[entry.route]!.responses[entry.rcode & RCODE_MASK]! += 1;
  }

  /** Offset in `outgoing` for a message of up to `bytes`, behind its length. */
  #reserve(bytes: number): number {
    if (this.#composed + 2 + bytes > outgoing.length) this.#flush();
    return this.#composed + 2;
  }

  #frame(length: number): void {
    writeUint16(outgoing, this.#composed, length);
    this.#composed += 2 + length;
  }

  #flush(): void {
    const length = this.#composed;
    this.#composed = 0;
    if (length === 0 || this.#ended) return;
    let sent = 0;
    if (this.#backlogBytes === 0) {
      sent = write(this.#fd, outgoing, 0, length);
      if (sent < 0 && sent !== -EAGAIN) return this.end();
      sent = Math.max(sent, 0);
    }
    if (sent === length) return this.#maybeDone();
    if (this.#backlogBytes === 0) this.#backlogSince = this.#context.now();
    this.#backlog.push(Buffer.from(outgoing.subarray(sent, length)));
    this.#backlogBytes += length - sent;
  }

  #writeBacklog(): void {
    while (this.#backlog.length > 0) {
      const first = this.#backlog[0]!;
      const sent = write(this.#fd, first, 0, first.length);
      if (sent === -EAGAIN) break;
      if (sent < 0) return this.end();
      this.#backlogSince = this.#context.now();
      this.#backlogBytes -= sent;
      if (sent === first.length) this.#backlog.shift();
      else this.#backlog[0] = first.subarray(sent);
    }
    this.#watch();
    this.#maybeDone();
  }

  /** A client may shut its side and still wait for answers (RFC 7766 section 6.2.4). */
  #endOfQueries(): void {
    this.#halfClosed = true;
    this.#watch();
    this.#maybeDone();
  }

  #maybeDone(): void {
    if (this.#halfClosed && this.#waiting === 0 && this.#backlogBytes === 0) this.end();
  }

  #watch(): void {
    if (this.#ended) return;
    const reading = !this.#halfClosed && this.#backlogBytes < BACKLOG_PAUSE && this.#waiting < MAX_WAITING;
    const flags = (reading ? READABLE : 0) | (this.#backlogBytes > 0 ? WRITABLE : 0);
    if (flags === this.#flags) return;
    this.#flags = flags;
    this.#context.loop.modify(this.#fd, flags, this.#tag);
  }

  #observe(zoneIndex: number, took: number): void {
    const zone = this.#context.counters.zones[zoneIndex]!;
    zone.durations[durationBucket(took)]! += 1;
    zone.durationSum[0]! += took / 1000;
  }
}
