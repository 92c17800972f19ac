// ledger — accounts for every query of a load: answered once, more than once, wrongly, or never; and how late.

import { Column } from './column.ts';

/** Queries go by their number, from 0 on. */
export class Ledger {
  readonly #sentAt = new Column();
  readonly #due = new Column();
  readonly #delay = new Column();
  readonly #answers = new Column();
  readonly #stalls: Stall[] = [];
  #wrong = 0;
  #open = 0;

  /**
   * Notes a query as sent; returns its number.
   * @param due milliseconds after which its answer counts as late; where some queries have a due time, delays of those
   *   without (sent while caches were filled, say) are left out of the account
   */
  sent(now: number, due: number = Number.POSITIVE_INFINITY): number {
    this.#open++;
    this.#answers.push(0);
    this.#delay.push(Number.NaN);
    this.#due.push(due);
    return this.#sentAt.push(now);
  }

  /** Notes an answer; `right` tells whether it says what it should. */
  answered(query: number, now: number, right: boolean): void {
    if (!right) this.#wrong++;
    const before = this.#answers.at(query);
    this.#answers.set(query, before + 1);
    if (before > 0) return;
    this.#open--;
    const sentAt = this.#sentAt.at(query);
    this.#delay.set(query, now - sentAt - this.#stalledWithin(sentAt, now));
  }

  /** The load itself did not run in this time: answers that came in it were not delayed by the server. */
  stalled(from: number, to: number): void {
    this.#stalls.push({ from, to });
  }

  /** Queries not answered yet. */
  get open(): number {
    return this.#open;
  }

  /** When the queries that were never answered had been sent, in the clock of `sent`. */
  lostAt(): number[] {
    const lost: number[] = [];
    this.#sentAt.forEach((sentAt, query) => {
      if (this.#answers.at(query) === 0) lost.push(sentAt);
    });
    return lost;
  }

  /** Queries answered later than this many milliseconds. */
  late(ms: number): number {
    return this.#delay.count((delay) => delay > ms);
  }

  /** Every query in the order of sending; the delay is NaN when it was never answered. */
  forEach(visit: (sentAt: number, delay: number) => void): void {
    this.#sentAt.forEach((sentAt, query) => {
      visit(sentAt, this.#delay.at(query));
    });
  }

  account(): Account {
    const timed = this.#due.count(Number.isFinite) > 0;
    const counts = (delay: number, query: number) =>
      !Number.isNaN(delay) && (!timed || Number.isFinite(this.#due.at(query)));
    const delays = new Float64Array(this.#delay.count(counts));
    let found = 0;
    this.#delay.forEach((delay, query) => {
      if (counts(delay, query)) delays[found++] = delay;
    });
    delays.sort();
    const at = (share: number) => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? 0;
    return {
      sent: this.#sentAt.length,
      once: this.#answers.count((answers) => answers === 1),
      twice: this.#answers.count((answers) => answers > 1),
      wrong: this.#wrong,
      never: this.#open,
      late: this.#delay.count((delay, query) => delay > this.#due.at(query)),
      p50: at(0.5),
      p999: at(0.999),
      worst: delays.at(-1) ?? 0,
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stalledWithin(from: number, to: number): number {
    let total = 0;
    for (let i = this.#stalls.length - 1; i >= 0 && this.#stalls[i]!.to > from; i--) {
      const stall = this.#stalls[i]!;
      total += Math.max(0, Math.min(stall.to, to) - Math.max(stall.from, from));
    }
    return total;
  }
}

export interface Stall {
  readonly from: number;
  readonly to: number;
}

/** The outcome of a load; delays in milliseconds, 0 when nothing was answered. */
export interface Account {
  readonly sent: number;
  /** Answered exactly once, rightly or not. */
  readonly once: number;
  /** Answered more than once, which is harmless. */
  readonly twice: number;
  /** Answers that do not say what they should. */
  readonly wrong: number;
  readonly never: number;
  /** Answered after their due time. */
  readonly late: number;
  readonly p50: number;
  readonly p999: number;
  readonly worst: number;
}
