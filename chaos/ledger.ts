// ledger — accounts for every query of a load: answered once, more than once, wrongly, or never; and how late.

/** A query by its number, from 0 on; what is not there was never sent. */
export class Ledger {
  readonly #sentAt: number[] = [];
  readonly #delay: number[] = [];
  readonly #answers: number[] = [];
  #wrong = 0;
  #open = 0;

  /** Notes a query as sent; returns its number. */
  sent(now: number): number {
    this.#open++;
    this.#answers.push(0);
    this.#delay.push(Number.NaN);
    return this.#sentAt.push(now) - 1;
  }

  /** Notes an answer; `right` tells whether it says what it should. */
  answered(query: number, now: number, right: boolean): void {
    if (!right) this.#wrong++;
    const before = this.#answers[query]!;
    this.#answers[query] = before + 1;
    if (before > 0) return;
    this.#open--;
    this.#delay[query] = now - this.#sentAt[query]!;
  }

  /** Queries not answered yet. */
  get open(): number {
    return this.#open;
  }

  /** When the queries that were never answered had been sent, in the clock of `sent`. */
  lostAt(): number[] {
    return this.#sentAt.filter((_, query) => this.#answers[query] === 0);
  }

  /** Queries answered later than this many milliseconds. */
  late(ms: number): number {
    return this.#delay.filter((delay) => delay > ms).length;
  }

  account(): Account {
    const delays = this.#delay.filter((delay) => !Number.isNaN(delay)).sort((a, b) => a - b);
    const at = (share: number) =>
      delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? Number.NaN;
    return {
      sent: this.#sentAt.length,
      once: this.#answers.filter((answers) => answers === 1).length,
      twice: this.#answers.filter((answers) => answers > 1).length,
      wrong: this.#wrong,
      never: this.#open,
      p50: at(0.5),
      p999: at(0.999),
      worst: delays.at(-1) ?? Number.NaN,
    };
  }
}

/** The outcome of a load; delays in milliseconds, NaN when nothing was answered. */
export interface Account {
  readonly sent: number;
  readonly once: number;
  readonly twice: number;
  readonly wrong: number;
  readonly never: number;
  readonly p50: number;
  readonly p999: number;
  readonly worst: number;
}
