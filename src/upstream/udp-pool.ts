// udp-pool — questions over UDP: many sockets, each on a random port, picked at random, none of them for long.
//
// A thousand questions go out by some 250 ports, whatever their rate: who guesses has to find port and id (RFC 5452). A
// socket costs about as much as a question, so each serves a few hundred, or all that come in five seconds.

import type { Endpoint } from '../config.ts';
import type { Exchange, ExchangeFailure, GivenUp } from './exchange.ts';
import { random16 } from './random.ts';
import { refusalThrown } from './refusal.ts';
import type { ServerRecord } from './server-record.ts';
import { UdpSocket, type UdpSockets } from './udp-socket.ts';
import type { UpstreamContext } from './upstream-context.ts';

/** Ports of one server; a power of two, so that each is as likely as the others. */
const PORTS = 256;
/** Sockets at most, with those that wait for their last answers. */
const MAX_SOCKETS = 2 * PORTS;
/** After a socket was denied no other is asked for, milliseconds. */
const PAUSE = 50;

export class UdpPool implements UdpSockets {
  readonly endpoint: Endpoint;
  waiting = 0;
  opened = 0;
  reused = 0;
  readonly #context: UpstreamContext;
  readonly #record: ServerRecord;
  /** Those that questions are put to. */
  readonly #slots: (UdpSocket | undefined)[];
  readonly #sockets = new Set<UdpSocket>();
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #failure: ExchangeFailure = 'local';
  #now = 0;

  /** @param ports at most, a power of two */
  constructor(endpoint: Endpoint, context: UpstreamContext, record: ServerRecord, ports = PORTS) {
    this.#record = record;
    this.endpoint = endpoint;
    this.#context = context;
    this.#slots = Array<UdpSocket | undefined>(ports).fill(undefined);
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void {
    this.#now = now;
    const socket = this.#pick(now);
    if (socket !== undefined) return socket.send(exchange, now);
    const reason = this.#failure;
    this.#context.loop.later(() => exchange.question.failed(exchange, reason));
  }

  /**
   * Closes sockets past their time; called now and then.
   * @param leave whether nothing more will be asked here
   */
  sweep(now: number, leave = false): void {
    this.#now = now;
    for (const socket of this.#sockets)
      if (socket.waiting === 0 && (leave || socket.spent(now))) socket.close();
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  strange(): void {
    this.#record.mismatches++;
  }

  late(exchange: GivenUp, rcode: number): void {
    exchange.upstream.late(exchange, this.#context.now(), rcode);
  }

  closed(socket: UdpSocket, failure: ExchangeFailure | undefined): void {
    this.#sockets.delete(socket);
    this.#context.sockets.release();
    const index = this.#slots.indexOf(socket);
    if (index >= 0) this.#slots[index] = undefined;
    if (failure === 'local') this.#pause(failure);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pick(now: number): UdpSocket | undefined {
    const index = random16() & (this.#slots.length - 1);
    const there = this.#slots[index];
    if (there !== undefined && !there.spent(now)) {
      this.reused++;
      return there;
    }
    // Where the bound is reached one goes before another comes; it is not the last.
    const mayGo = there?.waiting === 0 && this.#sockets.size > 1 && !this.#context.sockets.hasRoom();
    if (mayGo) there.close();
    const fresh = this.#open(now);
    if (fresh !== undefined) {
      this.#slots[index] = fresh;
      there?.retire(); // not before: where there is no other, it serves on
      return fresh;
    }
    for (let i = 0; i < this.#slots.length; i++) {
      const socket = this.#slots[(index + i) % this.#slots.length];
      if (socket !== undefined && !socket.suspicious) return socket;
    }
    return undefined;
  }

  #open(now: number): UdpSocket | undefined {
    const { sockets, loop } = this.#context;
    if (now < this.#pausedUntil || this.#sockets.size >= MAX_SOCKETS) return undefined;
    if (this.#sockets.size > 0 && !sockets.hasRoom()) return undefined;
    try {
      const fresh = new UdpSocket(this.endpoint, loop, this, now);
      this.#sockets.add(fresh);
      sockets.take();
      this.opened++;
      return fresh;
    } catch (error) {
      this.#pause(refusalThrown(error));
      return undefined;
    }
  }

  #pause(failure: ExchangeFailure): void {
    this.#failure = failure;
    this.#pausedUntil = this.#now + PAUSE;
  }
}
