// resting — tells the twin when this instance has nothing in hand. It need not beat then, and its silence is no hang.
//
//     something is about to be read ──► at work ──► done, and nothing is left in hand ──► resting
//                                          └──────► something is: it beats until that is answered
//
// What is told comes before what it is told of: an instance is at work before it reads. So what it has taken out of a queue is
// never that of an instance that rests, and what lies in the queue shows there.

import type { Journal } from './journal.ts';

export class Resting {
  /** Called when something is in hand when a piece of work is done, here or at the twin: beats and looks are wanted from now on. */
  onWork: () => void = () => {};
  readonly #journal: Journal;
  readonly #isIdle: () => boolean;
  readonly #troubles = new Set<object>();

  /** @param isIdle whether no query waits, no answer, and no connection is open */
  constructor(journal: Journal, isIdle: () => boolean) {
    this.#journal = journal;
    this.#isIdle = isIdle;
  }

  get isIdle(): boolean {
    return this.#isIdle() && this.#troubles.size === 0;
  }

  /** Something is about to be read, or taken in hand. @param now monotonic milliseconds */
  begin(now: number): void {
    this.#journal.work(now);
  }

  /** That is done, for now. */
  end(now: number): void {
    if (this.isIdle) this.#journal.rest(now);
    else this.onWork();
  }

  /** The twin has said something: that we have heard it shows in another rest, if we rest. */
  show(now: number): void {
    if (!this.isIdle) return;
    this.#journal.work(now);
    this.#journal.rest(now);
  }

  /** We were woken to read what another process has read: the twin is at work, then. */
  missed(): void {
    this.onWork();
  }

  /** Tells that we are here, and whether something is in hand. */
  beat(now: number): void {
    if (this.isIdle) this.#journal.rest(now);
    else this.#journal.work(now);
    this.#journal.beat(now);
  }

  /** What waits for us cannot be read: that is no rest. */
  trouble(what: object): void {
    this.#troubles.add(what);
  }

  troubleOver(what: object): void {
    this.#troubles.delete(what);
  }
}
