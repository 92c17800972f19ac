// dropped — the log lines that could not be written: how many, why; told of in the log itself once it takes lines again.

import { errnoOf } from '../errors.ts';

export class Dropped {
  #lines = 0;
  #why = '';
  #gone = false;
  readonly #onGone: () => void;

  /** @param onGone the reader is gone for good; told once */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
  }

  /** Puts the line behind the word of those that were dropped before. @param put whether all of it is taken, now or later */
  write(line: string, put: (line: string) => boolean): void {
    try {
      if (this.#lines > 0) {
        const said = { level: 'warn', msg: `log lines dropped, ${this.#why}`, dropped: this.#lines };
        if (!put(`${JSON.stringify(said)}\n`)) return this.#add(1, this.#why);
        this.#lines = 0;
      }
      if (!put(line)) this.#add(1, 'reader too slow');
    } catch (error) {
      this.add(1, error);
    }
  }

  /** @throws what is no error of the system */
  add(lines: number, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    this.#add(lines, errno === 'ENOSPC' ? 'no space left' : `it could not be written (${errno})`);
    if (errno !== 'EPIPE' || this.#gone) return;
    this.#gone = true;
    this.#onGone();
  }

  #add(lines: number, why: string): void {
    this.#lines += lines;
    this.#why = why;
  }
}
