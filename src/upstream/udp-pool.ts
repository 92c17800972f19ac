// udp-pool — questions over UDP: a handful of connected sockets, each on a random port, none of them for long.
//
// Connected, so that the kernel drops what another address sends. A socket serves a few hundred questions or two seconds and is
// replaced: making one costs about as much as the question, a port that never changes invites guessing (RFC 5452).

import { close, connectUdp, EAGAIN, ERROR, pendingError, READABLE, read, write } from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { HEADER_LENGTH, readUint16 } from '../message/message.ts';
import { type Carrier, type Exchange, type ExchangeFailure, LONGEST_QUERY } from './exchange.ts';
import { random16 } from './random.ts';

const SOCKETS = 8;
const USES = 256;
const LIFETIME = 2000;
/** Beyond this many waiting on each socket more sockets are opened, up to the maximum. */
const CROWD = 64;
const MAX_SOCKETS = 64;
/** Wrong responses a socket may see before its questions are asked over TCP instead (RFC 5452 section 9.3). */
const MAX_MISMATCHES = 8;
const RECEIVE_BUFFER = 1 << 20;

/** Room for the largest datagram there is: what an upstream sends too large still arrives whole. */
const received = Buffer.allocUnsafeSlow(65536);
const outgoing = Buffer.allocUnsafeSlow(LONGEST_QUERY);

export class UdpPool {
  readonly endpoint: Endpoint;
  readonly #loop: EventLoop;
  readonly #events: Counters['events'];
  readonly #sockets: UpstreamSocket[] = [];
  opened = 0;
  reused = 0;

  constructor(endpoint: Endpoint, loop: EventLoop, events: Counters['events']) {
    this.endpoint = endpoint;
    this.#loop = loop;
    this.#events = events;
  }

  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void {
    const socket = this.#pick(now);
    if (socket === undefined) this.#loop.later(() => exchange.question.failed(exchange, 'refused'));
    else socket.send(exchange);
  }

  /** Closes sockets past their time; called now and then. */
  sweep(now: number): void {
    for (let i = this.#sockets.length - 1; i >= 0; i--) {
      const socket = this.#sockets[i]!;
      if (socket.waiting === 0 && socket.spent(now)) {
        this.#sockets.splice(i, 1);
        socket.close();
      }
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.#sockets.length = 0;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pick(now: number): UpstreamSocket | undefined {
    const sockets = this.#sockets;
    const index = random16() % Math.max(SOCKETS, sockets.length);
    const socket = sockets[index];
    if (socket !== undefined && !socket.spent(now) && socket.waiting < CROWD) {
      this.reused++;
      return socket;
    }
    // Spent sockets with questions still out leave the pool now and close with their last answer.
    if (socket?.spent(now)) {
      sockets[index] = sockets.at(-1)!;
      sockets.pop();
      socket.retire();
    }
    if (sockets.length >= MAX_SOCKETS) return socket ?? sockets[0];
    try {
      const fresh = new UpstreamSocket(this.endpoint, this.#loop, this.#events, now);
      sockets.push(fresh);
      this.opened++;
      return fresh;
    } catch {
      return sockets[0]; // no descriptor or no route: a used socket, or the caller's failure
    }
  }
}

class UpstreamSocket implements Watched, Carrier {
  readonly #fd: number;
  readonly #watchId: number;
  readonly #loop: EventLoop;
  readonly #events: Counters['events'];
  readonly #waiting = new Map<number, Exchange>();
  readonly #born: number;
  #uses = 0;
  #mismatches = 0;
  #retired = false;
  #closed = false;

  constructor(endpoint: Endpoint, loop: EventLoop, events: Counters['events'], now: number) {
    this.#loop = loop;
    this.#events = events;
    this.#born = now;
    this.#fd = connectUdp({ ...endpoint, receiveBuffer: RECEIVE_BUFFER });
    this.#watchId = loop.watch(this.#fd, READABLE, this);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  spent(now: number): boolean {
    return this.#uses >= USES || now - this.#born > LIFETIME || this.#mismatches >= MAX_MISMATCHES;
  }

  send(exchange: Exchange): void {
    let id = random16();
    while (this.#waiting.has(id)) id = random16();
    exchange.id = id;
    exchange.carrier = this;
    this.#waiting.set(id, exchange);
    this.#uses++;
    const sent = write(this.#fd, outgoing, 0, exchange.write(outgoing, 0));
    // What a send reports is mostly an earlier question's ICMP error: none of those waiting here will be answered.
    if (sent < 0) this.#loop.later(() => this.#failAll('refused'));
  }

  ready(flags: number): void {
    if (flags & ERROR) {
      pendingError(this.#fd); // an ICMP message: the port or the host is not there
      this.#failAll('refused');
      return;
    }
    const length = read(this.#fd, received, 0, received.length);
    if (length < 0) {
      if (length !== -EAGAIN) this.#failAll('refused');
      return;
    }
    const exchange = length >= HEADER_LENGTH ? this.#waiting.get(readUint16(received, 0)) : undefined;
    if (exchange?.accepts(received, 0, length)) {
      this.forget(exchange);
      exchange.question.responded(exchange, received, 0, length);
      return;
    }
    if (length === 0) return;
    this.#events.upstreamMismatches++;
    if (++this.#mismatches === MAX_MISMATCHES) this.#failAll('mismatches');
  }

  forget(exchange: Exchange): void {
    this.#waiting.delete(exchange.id);
    if (this.#retired && this.#waiting.size === 0) this.close();
  }

  suspect(): void {}

  /** No new questions; closes when the last one out is answered or given up. */
  retire(): void {
    this.#retired = true;
    if (this.#waiting.size === 0) this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.unwatch(this.#fd, this.#watchId);
    close(this.#fd);
  }

  #failAll(reason: ExchangeFailure): void {
    const exchanges = [...this.#waiting.values()];
    this.#waiting.clear();
    if (reason === 'refused') this.#uses = USES; // a socket that was refused is not asked again
    for (const exchange of exchanges) exchange.question.failed(exchange, reason);
    if (this.#retired) this.close();
  }
}
