// first-sign — tells that something has come to a twin's sockets, once: while both rest nothing looks at them.
//
// What is there already when it begins to wait is told, too. So nothing is missed between a last look and this.

import { ONESHOT, READABLE } from 'node-reuseport';
import { EventLoop } from '../../src/loop/event-loop.ts';
import type { Holdings } from './holdings.ts';

interface Watch {
  readonly fd: number;
  readonly watchId: number;
  waits: boolean;
}

export class FirstSign {
  readonly #came: () => void;
  #loop: EventLoop | undefined;
  #holdings: Holdings | undefined;
  #watches: readonly Watch[] = [];

  /** @param came told of what comes, at each socket once until it is waited for again */
  constructor(came: () => void) {
    this.#came = came;
  }

  /** Waits for it from now on; false where the kernel lets no more be watched. */
  await(holdings: Holdings): boolean {
    this.keepTo(holdings);
    try {
      const loop = this.#loop ?? this.#begin(holdings);
      for (const watch of this.#watches) {
        if (!watch.waits) loop.modify(watch.fd, READABLE | ONESHOT, watch.watchId);
        watch.waits = true;
      }
      return true;
    } catch {
      this.stop();
      return false;
    }
  }

  /** Nothing else is waited for. Before descriptors of others are closed: duplicates would keep them in the set. */
  keepTo(holdings: Holdings | undefined): void {
    if (this.#holdings !== holdings) this.stop();
  }

  stop(): void {
    this.#loop?.close();
    this.#loop = undefined;
    this.#watches = [];
    this.#holdings = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #begin(holdings: Holdings): EventLoop {
    const loop = new EventLoop((error) => {
      throw error;
    });
    this.#loop = loop;
    this.#holdings = holdings;
    this.#watches = holdings.sockets.flatMap(({ udp, tcp }) => [udp, tcp]).map((fd) => this.#watch(loop, fd));
    return loop;
  }

  #watch(loop: EventLoop, fd: number): Watch {
    const ready = () => {
      watch.waits = false;
      this.#came();
    };
    const watch: Watch = { fd, watchId: loop.watch(fd, READABLE | ONESHOT, { ready }), waits: true };
    return watch;
  }
}
