// tcp-listener — a listening socket of ours, or of another process that cannot accept.

import { READABLE } from 'node-reuseport';
import type { EventLoop, Watched } from '../loop/event-loop.ts';

/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 32;

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #tag: number;
  readonly #loop: EventLoop;
  readonly #accept: () => boolean;
  #stopped = false;

  constructor(fd: number, loop: EventLoop, accept: () => boolean) {
    this.#loop = loop;
    this.#accept = accept;
    this.#fd = fd;
    this.#tag = loop.watch(this.#fd, READABLE, this);
  }

  /** Accepts what waits. */
  ready(): void {
    for (let i = 0; i < ACCEPTS && this.#accept(); i++);
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#loop.unwatch(this.#fd, this.#tag);
  }
}
