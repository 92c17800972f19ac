// stall-meter — the longest time this process kept its event loop from turning, by its own doing.
//
// What it waited for a CPU that others had is taken off: on a busy machine that would be most of it.

import { openSync, readSync } from 'node:fs';

const beatMs = 2;

export class StallMeter {
  #longest = 0;
  #last = 0;
  #lastWaited = 0;
  readonly #schedstat = openSync('/proc/self/schedstat', 'r');
  readonly #text = Buffer.alloc(100);

  constructor() {
    this.reset();
    setInterval(() => this.#beat(), beatMs).unref();
  }

  /** Milliseconds. */
  get longest(): number {
    this.#beat();
    return this.#longest;
  }

  reset(): void {
    this.#last = performance.now();
    this.#lastWaited = this.#waited();
    this.#longest = 0;
  }

  #beat(): void {
    const [now, waited] = [performance.now(), this.#waited()];
    const own = now - this.#last - (waited - this.#lastWaited);
    this.#longest = Math.max(this.#longest, own - beatMs);
    this.#last = now;
    this.#lastWaited = waited;
  }

  /** Milliseconds the main thread was ready to run and did not. */
  #waited(): number {
    const length = readSync(this.#schedstat, this.#text, 0, this.#text.length, 0);
    return Number(this.#text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }
}
