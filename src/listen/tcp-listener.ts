// tcp-listener — a listening socket of ours, or of another process that cannot accept.

import { EAGAIN, EMFILE, ENFILE, READABLE } from 'node-reuseport';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { FailingReads } from './failing-reads.ts';

/** Accepted in one go before other work gets its turn. */
const ACCEPTS = 32;

interface ListenerContext {
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  readonly now: () => number;
}

export class TcpListener implements Watched {
  readonly #fd: number;
  readonly #loop: EventLoop;
  readonly #accept: () => number;
  readonly #failing: FailingReads;
  /** Errno of the call that failed last. */
  #errno = 0;
  /** Undefined while it is not read. */
  #watchId: number | undefined;

  /** @param accept takes one in: 0, or the errno of what kept it from that */
  constructor(fd: number, { loop, deadlines, now }: ListenerContext, accept: () => number) {
    this.#loop = loop;
    this.#accept = accept;
    this.#fd = fd;
    this.#failing = new FailingReads(deadlines, now, () => this.begin());
  }

  /** Since when none could be accepted, though descriptors are left; undefined when they can. */
  get failingSince(): number | undefined {
    return this.#errno === EMFILE || this.#errno === ENFILE ? undefined : this.#failing.since;
  }

  /** Accepts from now on what comes. */
  begin(): void {
    this.#watchId ??= this.#loop.watch(this.#fd, READABLE, this);
  }

  /** Accepts what waits. */
  ready(): void {
    for (let i = 0; i < ACCEPTS; i++) {
      const errno = this.#accept();
      if (errno === 0) continue;
      if (errno === EAGAIN) this.#failing.passed();
      else if (this.#watchId !== undefined) this.#pause(errno);
      return;
    }
    this.#failing.passed();
  }

  /** Accepts no more. Harmless when it has stopped. */
  stop(): void {
    this.#failing.stop();
    this.#unwatch();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #pause(errno: number): void {
    this.#errno = errno;
    this.#unwatch();
    this.#failing.failed();
  }

  #unwatch(): void {
    if (this.#watchId !== undefined) this.#loop.unwatch(this.#fd, this.#watchId);
    this.#watchId = undefined;
  }
}
