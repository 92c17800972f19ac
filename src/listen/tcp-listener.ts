// tcp-listener — a listening socket of ours, or of another process that cannot accept.

import { READABLE } from 'node-reuseport';
import type { EventLoop, Watched } from '../loop/event-loop.ts';

/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 32;

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #loop: EventLoop;
  readonly #accept: () => boolean;
  /** Undefined while it is not read. */
  #watchId: number | undefined;

  constructor(fd: number, loop: EventLoop, accept: () => boolean) {
    this.#loop = loop;
    this.#accept = accept;
    this.#fd = fd;
  }

  /** Accepts from now on what comes. */
  begin(): void {
    this.#watchId ??= this.#loop.watch(this.#fd, READABLE, this);
  }

  /** Accepts what waits. */
  ready(): void {
    for (let i = 0; i < ACCEPTS && this.#accept(); i++);
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    if (this.#watchId !== undefined) this.#loop.unwatch(this.#fd, this.#watchId);
    this.#watchId = undefined;
  }
}
