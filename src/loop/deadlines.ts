// deadlines — many timeouts of few durations: a list a duration, oldest first, and one alarm for the first of all of them.
//
// Node's timers would do; they cost an object and two calls a query, and could not be driven by a test's clock. An alarm that is
// set stays, also if what it was set for is cancelled: most are, and the next one to be set needs none of its own. Of 20,000
// questions a second that no server answers some hundred are due at once: they take turns of the loop, as all that may be long.

import { type SetAlarm, setRealAlarm } from './alarm.ts';
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

/** Deadlines are met up to this many milliseconds late: from one alarm to the next there are as many. */
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
  readonly #ringIn: SetAlarm;
  #cancelAlarm: (() => void) | undefined;
  /** What the alarm comes for; no deadline is due sooner. */
  #alarmDue = Number.POSITIVE_INFINITY;
  #stopped = false;

  /** @param onPanic is told of exceptions; they cost no other deadline its turn  @param ringIn where `now` is no real clock */
  constructor(now: () => number, onPanic: (error: unknown) => void, ringIn: SetAlarm = setRealAlarm) {
    this.#ringIn = ringIn;
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
    this.#stopped = false;
    if (deadline.due < this.#alarmDue && !this.#goesOn) this.#setAlarm(deadline.due, duration);
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
    this.#setNextAlarm(now);
  }

  /** Until another one is set. */
  stop(): void {
    this.#stopped = true;
    this.#clearAlarm();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #clearAlarm(): void {
    this.#cancelAlarm?.();
    this.#cancelAlarm = undefined;
    this.#alarmDue = Number.POSITIVE_INFINITY;
  }

  /** @param ms until it is due */
  #setAlarm(due: number, ms: number): void {
    this.#clearAlarm();
    this.#alarmDue = due;
    // Behind what has come meanwhile: after a stall of our own an answer that lies there is not missing.
    const ring = () => setImmediate(() => this.#stopped || this.tick());
    this.#cancelAlarm = this.#ringIn(ring, Math.ceil(ms) + 1); // timers may come early by a part of a millisecond
  }

  #setNextAlarm(now: number): void {
    let due = Number.POSITIVE_INFINITY;
    for (const { first } of this.#inOrder) if (first !== undefined && first.due < due) due = first.due;
    if (due === Number.POSITIVE_INFINITY) this.#clearAlarm();
    else this.#setAlarm(due, Math.max(TICK - 1, due - now));
  }

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
      if (!this.#stopped) this.tick();
    });
  }
}
