// parting — holdings that are held only until what came in by them is answered: by their sockets, so none is closed before.

import type { Holdings } from '../peers/holdings.ts';
import { ANSWERS_DUE } from '../timing.ts';

/** A twin that is replaced as fast as one can start leaves no more behind within that time. */
const MOST = 32;

export class Parting {
  readonly #held = new Map<Holdings, NodeJS.Timeout>();

  /** So many that no twin should be met that would leave more. */
  get isFull(): boolean {
    return this.#held.size >= MOST;
  }

  get all(): Iterable<Holdings> {
    return this.#held.keys();
  }

  /** @param end done before they are closed */
  add(holdings: Holdings, end: () => void = () => {}): void {
    if (this.#held.has(holdings)) return;
    const timer = setTimeout(() => {
      this.#held.delete(holdings);
      end();
      holdings.close();
    }, ANSWERS_DUE);
    this.#held.set(holdings, timer.unref());
  }

  /** What is still held is closed, and nothing is done before. */
  stop(): void {
    for (const [holdings, timer] of this.#held) {
      clearTimeout(timer);
      holdings.close();
    }
    this.#held.clear();
  }
}
