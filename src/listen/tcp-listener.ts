// tcp-listener — a listening socket of ours, or of another process that cannot accept.

import { EAGAIN, EMFILE, ENFILE, READABLE } from 'node-reuseport';
import type { Resting } from '../handover/resting.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { FailingReads } from './failing-reads.ts';

/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 32;
/** Milliseconds until it is tried again, when the system gives no connection: at first, and at most. */
const PAUSE = 50;
const LONGEST_PAUSE = 800;

/** What a listener works with. */
export interface ListenerContext {
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  readonly now: () => number;
  readonly resting: Resting;
  /** Told when connections have to wait: -errno. */
  readonly onNoRoom: (error: number) => void;
}

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #context: ListenerContext;
  readonly #accept: () => number;
  readonly #failing: FailingReads;
  /** What failed last: -errno. */
  #error = 0;
  #pause = PAUSE;
  /** Undefined while it is not read. */
  #watchId: number | undefined;

  /** @param accept takes a connection: 0, or -errno */
  constructor(fd: number, context: ListenerContext, accept: () => number) {
    this.#fd = fd;
    this.#context = context;
    this.#accept = accept;
    this.#failing = new FailingReads(context, () => this.begin());
  }

  /** Since when none could be accepted, though descriptors are left; undefined when they can. */
  get failingSince(): number | undefined {
    return this.#error === -EMFILE || this.#error === -ENFILE ? undefined : this.#failing.since;
  }

  /** Accepts from now on what comes. */
  begin(): void {
    this.#watchId ??= this.#context.loop.watch(this.#fd, READABLE, this, 'vital');
  }

  /** Accepts what waits. */
  ready(): void {
    const { now, resting } = this.#context;
    resting.begin(now());
    try {
      this.#acceptSome();
    } finally {
      resting.end(now());
    }
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    this.#failing.stop();
    this.#unwatch();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #acceptSome(): void {
    for (let i = 0; i < ACCEPTS; i++) {
      const result = this.#accept();
      if (result < 0 && result !== -EAGAIN) return this.#pauseFor(result);
      this.#failing.passed();
      if (result < 0) {
        if (i === 0) this.#context.resting.missed();
        return;
      }
      this.#pause = PAUSE;
    }
  }

  #unwatch(): void {
    if (this.#watchId !== undefined) this.#context.loop.unwatch(this.#fd, this.#watchId);
    this.#watchId = undefined;
  }

  /** Clients wait in the kernel's queue meanwhile; asking again at once would be all we did. */
  #pauseFor(error: number): void {
    if (this.#watchId === undefined) return;
    this.#unwatch();
    this.#error = error;
    this.#context.onNoRoom(error);
    this.#failing.failed(this.#pause);
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }
}
