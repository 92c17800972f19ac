// shared-reply — an answer that costs something is made once for all who ask at the same time, and not as often as it is asked.

import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from './http-connection.ts';

export class SharedReply {
  readonly #make: () => Promise<Reply>;
  readonly #apart: number;
  readonly #kept: number;
  readonly #now: () => number;
  #begun = Number.NEGATIVE_INFINITY;
  #made = Number.NEGATIVE_INFINITY;
  /** Being made, or waiting to be. */
  #coming: Promise<Reply> | undefined;
  #last: Reply | undefined;

  /**
   * @param apart milliseconds between two beginnings: what is asked for sooner waits, and is made after it was asked for
   * @param kept milliseconds for which an answer is given again
   */
  constructor(make: () => Promise<Reply>, apart: number, kept: number, now: () => number) {
    this.#make = make;
    this.#apart = apart;
    this.#kept = kept;
    this.#now = now;
  }

  get(): Promise<Reply> {
    if (this.#last !== undefined && this.#now() - this.#made < this.#kept) return Promise.resolve(this.#last);
    this.#coming ??= this.#next().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  async #next(): Promise<Reply> {
    const wait = this.#begun + this.#apart - this.#now();
    if (wait > 0) await pause(wait);
    this.#begun = this.#now();
    const { status, type, body } = await this.#make();
    this.#last = { status, type, body: typeof body === 'string' ? Buffer.from(body) : body };
    this.#made = this.#now();
    return this.#last;
  }
}
