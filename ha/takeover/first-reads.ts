// first-reads — when a newcomer reads its sockets itself. Whoever has read them until now goes on for a while: what the newcomer
// took first would wait until it has been told of its twin's cache and connections.

import { monotonicMs } from 'node-reuseport';
import type { Slot } from '../../src/config.ts';
import type { Estate } from '../peers/holdings.ts';

/** Milliseconds for which a newcomer leaves its sockets to its twin, which reads them for a second anyway. */
const ARRIVAL = 30;
/** Milliseconds without a sign of life after which nobody is relied on. */
const SILENT = 50;

/** What is asked of another process of the service. */
export interface Other {
  readonly estate: Pick<Estate, 'slot' | 'identity' | 'layout' | 'silence'> | undefined;
  readonly leaving: boolean;
}

export class Beginning {
  readonly #slot: Slot;
  readonly #own: string;
  readonly #begin: () => void;
  readonly #now: () => number;
  readonly #since: number;
  #isOver = false;

  /** @param own identity of the sockets  @param begin reads them; it may throw, and is tried again then */
  constructor(slot: Slot, own: string, begin: () => void, now: () => number = monotonicMs) {
    this.#slot = slot;
    this.#own = own;
    this.#begin = begin;
    this.#now = now;
    this.#since = now();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Begins, unless another process reads them. */
  look(others: Iterable<Other>): void {
    if (this.#isOver || this.#isHelped([...others])) return;
    this.#begin();
    this.#isOver = true;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #isHelped(others: readonly Other[]): boolean {
    const now = this.#now();
    if (now - this.#since >= ARRIVAL) return false;
    const estates = others.flatMap(({ estate, leaving }) => (estate === undefined || leaving ? [] : estate));
    // An older process of our slot, in a surge, reads them without regard for us, and may end at any time.
    if (estates.some(({ identity }) => identity === this.#own)) return false;
    // One whose memory is not understood does not show whether it is at work.
    const relied = estates.filter(({ slot, layout }) => slot !== this.#slot && layout !== undefined);
    return relied.some((estate) => estate.silence(now) < SILENT);
  }
}
