// udp-socket — one connected socket to a server, from a random port: datagrams out, datagrams in, matched by id and question.
//
// Connected, so that the kernel drops what another address sends.

import { close, connectUdp, EAGAIN, ERROR, pendingError, READABLE, read, write } from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { FLAGS, HEADER_LENGTH, RCODE_MASK, readUint16 } from '../message/message.ts';
import {
  answers,
  type Carrier,
  Exchange,
  type ExchangeFailure,
  GivenUp,
  isBareError,
  LONGEST_QUERY,
} from './exchange.ts';
import { random16 } from './random.ts';
import { refusalOf } from './refusal.ts';

/** A port that never changes invites guessing (RFC 5452): after so many questions, or milliseconds, it is replaced. */
const USES = 256;
const LIFETIME = 5000;
/** Questions whose late replies are told from forged ones. */
const REMEMBERED = 128;
/** Wrong responses a socket may see before its questions are asked over TCP instead (RFC 5452 section 9.3). */
const MAX_STRANGE = 8;

/** Room for the largest datagram there is: what an upstream sends too large still arrives whole. */
const received = Buffer.allocUnsafeSlow(65536);
const outgoing = Buffer.allocUnsafeSlow(LONGEST_QUERY);

/** What the sockets to one server have in common. */
export interface UdpSockets {
  /** Exchanges open on all of them. */
  waiting: number;
  /** A response came that was to no question of ours. */
  strange(): void;
  /** A response came to a question that was given up. */
  late(exchange: GivenUp, rcode: number): void;
  /** The socket has closed; `failure` is why, if it was not told to. */
  closed(socket: UdpSocket, failure: ExchangeFailure | undefined): void;
}

export class UdpSocket implements Watched, Carrier {
  /** Exchanges open on it. */
  waiting = 0;
  /** It may be under attack: no question is put to it any more. */
  suspicious = false;
  closed = false;
  readonly #sockets: UdpSockets;
  readonly #loop: EventLoop;
  readonly #fd: number;
  readonly #watchId: number;
  readonly #born: number;
  /** Open exchanges by their id; those given up; and the keys of those answered: doubled replies are known for what they are. */
  readonly #asked = new Map<number, Exchange | GivenUp | string>();
  #uses = 0;
  #strange = 0;
  #retired = false;

  /** @throws what the kernel says when it denies a socket; nothing is left open then */
  constructor(endpoint: Endpoint, loop: EventLoop, sockets: UdpSockets, now: number) {
    this.#sockets = sockets;
    this.#loop = loop;
    this.#born = now;
    this.#fd = connectUdp(endpoint);
    try {
      this.#watchId = loop.watch(this.#fd, READABLE, this);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
  }

  /** It has served its time; where there is no other, it serves on. */
  spent(now: number): boolean {
    return this.#uses >= USES || now - this.#born > LIFETIME || this.suspicious;
  }

  send(exchange: Exchange, now: number): void {
    let id = random16();
    while (this.#asked.get(id) instanceof Exchange) id = random16();
    exchange.id = id;
    exchange.carrier = this;
    exchange.sent = now;
    if (this.#asked.size - this.waiting > REMEMBERED) this.#forgetSettled();
    this.#asked.set(id, exchange);
    this.waiting++;
    this.#sockets.waiting++;
    this.#uses++;
    const sent = write(this.#fd, outgoing, 0, exchange.write(outgoing, 0));
    if (sent >= 0) return;
    const reason = refusalOf(sent);
    // What a send reports is mostly an earlier question's ICMP error: none of those waiting here will be answered.
    this.#loop.later(() => (reason === 'local' ? this.#fail(exchange, reason) : this.#break(reason)));
  }

  ready(flags: number): void {
    const error = flags & ERROR ? pendingError(this.#fd) : 0; // an ICMP message: the port or the host is not there
    const length = error < 0 ? error : read(this.#fd, received, 0, received.length);
    if (length === -EAGAIN && !(flags & ERROR)) return;
    if (length < 0) return this.#break(refusalOf(length));
    if (length === 0) return;
    const asked = length >= HEADER_LENGTH ? this.#asked.get(readUint16(received, 0)) : undefined;
    if (asked instanceof Exchange) {
      if (answers(asked.question.key, received, 0, length)) {
        this.#settle(asked, asked.question.key);
        asked.carrier = undefined;
        return asked.question.responded(asked, received, 0, length);
      }
      if (isBareError(received, 0, length))
        asked.question.hinted(asked, readUint16(received, FLAGS) & RCODE_MASK);
      else asked.failing = 'mismatch';
    } else if (asked instanceof GivenUp) {
      if (answers(asked.key, received, 0, length)) return this.#late(asked);
    } else if (asked !== undefined && answers(asked, received, 0, length)) return; // a copy
    this.#sockets.strange();
    if (++this.#strange < MAX_STRANGE || this.suspicious) return;
    this.suspicious = true;
    this.#failAll('strange');
  }

  forget(exchange: Exchange): void {
    this.#settle(exchange, new GivenUp(exchange));
  }

  /** No new questions; closes when the last one out is answered or given up. */
  retire(): void {
    this.#retired = true;
    if (this.waiting === 0) this.close();
  }

  /** @param failure why, if it is of no use any more */
  close(failure?: ExchangeFailure): void {
    if (this.closed) return;
    this.closed = true;
    this.#loop.unwatch(this.#fd, this.#watchId);
    close(this.#fd);
    this.#sockets.closed(this, failure);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** @param left what is remembered of it */
  #settle(exchange: Exchange, left: GivenUp | string): void {
    this.#asked.set(exchange.id, left);
    this.waiting--;
    this.#sockets.waiting--;
    if (this.#retired && this.waiting === 0) this.close();
  }

  #late(exchange: GivenUp): void {
    this.#asked.set(readUint16(received, 0), exchange.key);
    this.#sockets.late(exchange, readUint16(received, FLAGS) & RCODE_MASK);
  }

  #forgetSettled(): void {
    for (const [id, asked] of this.#asked) if (!(asked instanceof Exchange)) this.#asked.delete(id);
  }

  #break(reason: ExchangeFailure): void {
    this.close(reason);
    this.#failAll(reason);
  }

  #failAll(reason: ExchangeFailure): void {
    for (const asked of [...this.#asked.values()]) if (asked instanceof Exchange) this.#fail(asked, reason);
  }

  #fail(exchange: Exchange, reason: ExchangeFailure): void {
    if (exchange.carrier !== this) return;
    exchange.carrier = undefined;
    this.#settle(exchange, exchange.question.key);
    exchange.question.failed(exchange, reason);
  }
}
