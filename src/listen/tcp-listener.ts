// tcp-listener — a listening socket of ours, or of another process that cannot accept.

import { EAGAIN, READABLE } from 'node-reuseport';
import { Deadline, type Deadlines } from '../loop/deadlines.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';

/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 16;
/** Milliseconds until it is tried again, when the system gives no connection: at first, and at most. */
const PAUSE = 50;
const LONGEST_PAUSE = 800;

/** What a listener works with. */
export interface ListenerContext {
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  /** Told when connections have to wait: -errno. */
  readonly onNoRoom: (error: number) => void;
}

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #context: ListenerContext;
  readonly #accept: () => number;
  readonly #resume = new Deadline({ expired: () => this.begin() });
  #pause = PAUSE;
  /** Undefined while it is not read. */
  #watchId: number | undefined;

  /** @param accept takes a connection: 0, or -errno */
  constructor(fd: number, context: ListenerContext, accept: () => number) {
    this.#fd = fd;
    this.#context = context;
    this.#accept = accept;
  }

  /** Accepts from now on what comes. */
  begin(): void {
    this.#watchId ??= this.#context.loop.watch(this.#fd, READABLE, this);
  }

  /** Accepts what waits. */
  ready(): void {
    for (let i = 0; i < ACCEPTS; i++) {
      const result = this.#accept();
      if (result === -EAGAIN) return;
      if (result < 0) return this.#pauseFor(result);
      this.#pause = PAUSE;
    }
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    this.#context.deadlines.cancel(this.#resume);
    if (this.#watchId !== undefined) this.#context.loop.unwatch(this.#fd, this.#watchId);
    this.#watchId = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Clients wait in the kernel's queue meanwhile; asking again at once would be all we did. */
  #pauseFor(error: number): void {
    if (this.#watchId === undefined) return;
    this.stop();
    this.#context.onNoRoom(error);
    this.#context.deadlines.set(this.#resume, this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }
}
