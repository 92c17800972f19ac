// first-reads — when a newcomer reads its sockets itself. Its twin reads them meanwhile: what the newcomer took first would wait
// until it has been told of its twin's cache and connections.

import { monotonicMs } from 'node-reuseport';
import type { Holdings } from '../peers/holdings.ts';
import { FIRST_READS, RELIED_ON } from '../timing.ts';

/** What is asked of the twin: its holdings while it serves. */
export interface Reader {
  readonly serves: Pick<Holdings, 'layout' | 'silence'> | undefined;
}

export class FirstReads {
  readonly #begin: () => void;
  readonly #now: () => number;
  readonly #since: number;
  #begun = false;

  /** @param begin reads the sockets; it may throw, and is tried again then */
  constructor(begin: () => void, now: () => number = monotonicMs) {
    this.#begin = begin;
    this.#now = now;
    this.#since = now();
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Begins, unless the twin is still relied on to read them. */
  look(twin: Reader | undefined): void {
    if (this.#begun || this.#reliesOn(twin?.serves)) return;
    this.#begin();
    this.#begun = true;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #reliesOn(twin: Reader['serves']): boolean {
    const now = this.#now();
    // A twin whose memory is not understood does not show whether it is at work.
    if (now - this.#since >= FIRST_READS || twin?.layout === undefined) return false;
    return twin.silence(now) < RELIED_ON;
  }
}
