// tcp-pool — questions over TCP: a few persistent connections, many questions on each at once, answers in any order
// (RFC 7766 section 6.2). A connection that dies takes no question with it: each is moved to another one once.

import type { Endpoint } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Exchange } from './exchange.ts';
import { UpstreamSession } from './tcp-session.ts';

const MAX_CONNECTIONS = 4;
/** Questions on one connection before another is opened. */
const CROWD = 64;
/** A connection without a question is closed after this long, milliseconds (CoreDNS: expire). */
const IDLE = 10_000;

export class TcpPool {
  readonly endpoint: Endpoint;
  readonly #loop: EventLoop;
  readonly #events: Counters['events'];
  readonly #connections: UpstreamSession[] = [];
  opened = 0;
  reused = 0;

  constructor(endpoint: Endpoint, loop: EventLoop, events: Counters['events']) {
    this.endpoint = endpoint;
    this.#loop = loop;
    this.#events = events;
  }

  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void {
    const connection = this.#pick(now);
    if (connection === undefined) {
      this.#loop.later(() => exchange.question.failed(exchange, 'refused'));
    } else {
      connection.send(exchange, now);
    }
  }

  sweep(now: number): void {
    for (const connection of [...this.#connections]) {
      if (connection.waiting === 0 && now - connection.lastUsed > IDLE) connection.end();
    }
  }

  close(): void {
    for (const connection of [...this.#connections]) connection.end();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pick(now: number): UpstreamSession | undefined {
    let best: UpstreamSession | undefined;
    for (const connection of this.#connections) {
      if (best === undefined || connection.waiting < best.waiting) best = connection;
    }
    if (best !== undefined && (best.waiting < CROWD || this.#connections.length >= MAX_CONNECTIONS)) {
      this.reused++;
      return best;
    }
    try {
      const fresh = new UpstreamSession(this.endpoint, this.#loop, this.#events, now, (it, lost) =>
        this.#ended(it, lost),
      );
      this.#connections.push(fresh);
      this.opened++;
      return fresh;
    } catch {
      return best;
    }
  }

  /** `lost` are the questions that were on it. */
  #ended(connection: UpstreamSession, lost: readonly Exchange[]): void {
    const index = this.#connections.indexOf(connection);
    if (index >= 0) this.#connections.splice(index, 1);
    for (const exchange of lost) {
      // Worth another connection only if this one ever worked: else the server is not there.
      if (exchange.moved || !connection.worked) {
        exchange.question.failed(exchange, connection.worked ? 'closed' : 'refused');
      } else {
        exchange.moved = true;
        this.ask(exchange, connection.lastUsed);
      }
    }
  }
}
