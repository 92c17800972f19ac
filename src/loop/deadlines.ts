// deadlines — many timeouts of few durations: a list a duration, oldest first, looked at by one coarse tick.
//
// Node's timers would do; they cost an object and two calls a query, and could not be driven by a test's clock. Of 20,000 questions
// a second that no server answers some hundred are due at a tick: they take turns of the loop, as all that may be long.

import { SLICE } from './slices.ts';

/** What deadlines belong to: one object may have several, and is told which has come. */
export interface DeadlineOwner {
  expired(deadline: Deadline, now: number): void;
}

/** A moment that comes once unless it is cancelled before. */
export class Deadline {
  readonly owner: DeadlineOwner;
  due = 0;
  earlier: Deadline | undefined = undefined;
  later: Deadline | undefined = undefined;
  list: DeadlineList | undefined = undefined;

  constructor(owner: DeadlineOwner) {
    this.owner = owner;
  }
}

interface DeadlineList {
  first: Deadline | undefined;
  last: Deadline | undefined;
}

/** Deadlines are met up to this many milliseconds late. */
export const TICK = 10;
/** Owners told between two looks at the clock. */
const STEPS = 8;

export class Deadlines {
  readonly #lists = new Map<number, DeadlineList>();
  readonly #inOrder: DeadlineList[] = [];
  /** The list to begin with: so none waits for all others to be empty. */
  #at = 0;
  #goesOn = false;
  readonly #now: () => number;
  readonly #onPanic: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;

  /** @param onPanic is told of exceptions; they cost no other deadline its turn */
  constructor(now: () => number, onPanic: (error: unknown) => void) {
    this.#now = now;
    this.#onPanic = onPanic;
  }

  /** Lets `deadline` come in `duration` milliseconds; it must not be pending. */
  set(deadline: Deadline, duration: number): void {
    let list = this.#lists.get(duration);
    if (list === undefined) {
      list = { first: undefined, last: undefined };
      this.#lists.set(duration, list);
      this.#inOrder.push(list);
    }
    deadline.due = this.#now() + duration;
    deadline.list = list;
    deadline.earlier = list.last;
    deadline.later = undefined;
    if (list.last === undefined) list.first = deadline;
    else list.last.later = deadline;
    list.last = deadline;
    this.#pending++;
    // Behind what has come meanwhile: after a stall of our own an answer that lies there is not missing.
    this.#timer ??= setInterval(() => setImmediate(() => this.#timer !== undefined && this.tick()), TICK);
  }

  /** Harmless when it is not pending. */
  cancel(deadline: Deadline): void {
    const { list, earlier, later } = deadline;
    if (list === undefined) return;
    if (earlier === undefined) list.first = later;
    else earlier.later = later;
    if (later === undefined) list.last = earlier;
    else later.earlier = earlier;
    deadline.list = undefined;
    deadline.earlier = undefined;
    deadline.later = undefined;
    this.#pending--;
  }

  /** Tells the owners of those that are due; what takes longer than a slice goes on in the next turn of the loop. */
  tick(): void {
    if (this.#goesOn) return;
    const now = this.#now();
    let told = 0;
    for (let looked = 0; looked < this.#inOrder.length; looked++) {
      const list = this.#inOrder[this.#at]!;
      while (list.first !== undefined && list.first.due <= now) {
        if (++told % STEPS === 0 && this.#now() - now >= SLICE) return this.#goOn();
        this.#tell(list.first, now);
      }
      this.#at = (this.#at + 1) % this.#inOrder.length;
    }
    if (this.#pending === 0) this.stop();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #tell(deadline: Deadline, now: number): void {
    this.cancel(deadline);
    try {
      deadline.owner.expired(deadline, now);
    } catch (error) {
      this.#onPanic(error);
    }
  }

  #goOn(): void {
    this.#goesOn = true;
    setImmediate(() => {
      this.#goesOn = false;
      if (this.#timer !== undefined) this.tick();
    });
  }
}
