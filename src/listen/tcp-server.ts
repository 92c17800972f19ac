// tcp-server — accepts connections on our addresses, within limits, and ends those that are idle or stuck.

import { ADDRESS_BYTES, accept, close, formatAddress, READABLE } from 'node-reuseport';
import type { Counters } from '../counters.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import type { Service } from '../serve.ts';
import { ServerConnection } from './tcp-connection.ts';

/** RFC 9210 section 4.5 suggests a total and a cap a source; a node's pods are many, each needs few. */
const MAX_CONNECTIONS = 2000;
const MAX_PER_SOURCE = 256;
/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 32;

/** What all TCP listeners of an instance share. */
export interface TcpContext {
  readonly service: Service;
  readonly counters: Counters;
  readonly loop: EventLoop;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
}

export class TcpServer {
  readonly #context: TcpContext;
  readonly #connections = new Set<ServerConnection>();
  readonly #perSource = new Map<string, number>();

  constructor(context: TcpContext) {
    this.#context = context;
  }

  /** Accepts connections of a listening socket, which stays its owner's, until the listener returned is stopped. */
  listen(fd: number): TcpListener {
    return new TcpListener(fd, this.#context.loop, (accepted, peer) => this.#admit(accepted, peer));
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Ends connections past one of their time limits; called a few times a second. */
  sweep(now: number): void {
    for (const connection of this.#connections) connection.sweep(now);
  }

  /** Ends all connections. */
  close(): void {
    for (const connection of [...this.#connections]) connection.end();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #admit(fd: number, peer: Uint8Array): void {
    const { address, family } = formatAddress(peer, 0);
    const { events } = this.#context.counters;
    const fromSource = this.#perSource.get(address) ?? 0;
    if (this.#connections.size >= MAX_CONNECTIONS || fromSource >= MAX_PER_SOURCE) {
      events.tcpRefused++;
      close(fd);
      return;
    }
    events.tcpAccepted++;
    this.#perSource.set(address, fromSource + 1);
    const connection = new ServerConnection(fd, family === 6 ? 1 : 0, this.#context, () => {
      this.#connections.delete(connection);
      const left = this.#perSource.get(address)! - 1;
      if (left > 0) this.#perSource.set(address, left);
      else this.#perSource.delete(address);
    });
    this.#connections.add(connection);
  }
}

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #tag: number;
  readonly #loop: EventLoop;
  readonly #onConnection: (fd: number, peer: Uint8Array) => void;
  readonly #peer = new Uint8Array(ADDRESS_BYTES);
  #stopped = false;

  constructor(fd: number, loop: EventLoop, onConnection: (fd: number, peer: Uint8Array) => void) {
    this.#loop = loop;
    this.#onConnection = onConnection;
    this.#fd = fd;
    this.#tag = loop.watch(this.#fd, READABLE, this);
  }

  /** Accepts what waits. */
  ready(): void {
    for (let i = 0; i < ACCEPTS; i++) {
      const fd = accept(this.#fd, this.#peer);
      if (fd < 0) return; // none left, or no descriptor: the queue keeps them until there is one
      this.#onConnection(fd, this.#peer);
    }
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#loop.unwatch(this.#fd, this.#tag);
  }
}
