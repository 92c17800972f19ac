// event-loop — timers, immediates and descriptors of one simulated process, called back in the order in which Node.js does.
//
//     timers that are due ─► descriptors that are ready ─► immediates ─┐
//       ▲──────────────────────────────────────────────────────────────┘
//
// A step is one callback and what it has left to promises. Between two of them other processes may run.

import type { Report, WatchSet } from '../kernel/poller.ts';

type Task = () => void;

/** As the product is given it: `unref` means nothing here, where a process ends when it says so. */
export class Timer {
  due: number;
  readonly order: number;
  readonly interval: number | undefined;
  readonly task: Task;
  isOver = false;

  constructor(due: number, order: number, interval: number | undefined, task: Task) {
    this.due = due;
    this.order = order;
    this.interval = interval;
    this.task = task;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

interface Immediate {
  readonly task: Task;
  isOver: boolean;
}

/** A poller of the process, and how it is told of what is ready. */
export interface Polled {
  readonly set: WatchSet;
  tell(report: Report): void;
}

export class ProcessLoop {
  readonly pollers: Polled[] = [];
  readonly #now: () => number;
  readonly #isAlive: () => boolean;
  #timers: Timer[] = [];
  #order = 0;
  #immediates: Immediate[] = [];
  #microtasks: Task[] = [];
  /** Signals that were sent and not handled. */
  readonly signals: Task[] = [];
  /** What is left of the turn. */
  #turn: Task[] = [];
  #phase: 'timers' | 'poll' | 'check' = 'timers';

  /** @param isAlive of the process: what a dead one has left to do is not done */
  constructor(now: () => number, isAlive: () => boolean) {
    this.#now = now;
    this.#isAlive = isAlive;
  }

  setTimer(task: Task, ms: number, repeats: boolean): Timer {
    const wait = Math.max(1, Math.trunc(ms) || 1);
    const timer = new Timer(Math.floor(this.#now()) + wait, this.#order++, repeats ? wait : undefined, task);
    this.#timers.push(timer);
    return timer;
  }

  clearTimer(timer: Timer | undefined | null): void {
    if (timer === undefined || timer === null) return;
    timer.isOver = true;
    this.#timers = this.#timers.filter((one) => one !== timer);
  }

  setImmediate(task: Task): Immediate {
    const immediate = { task, isOver: false };
    this.#immediates.push(immediate);
    return immediate;
  }

  clearImmediate(immediate: Immediate | undefined): void {
    if (immediate !== undefined) immediate.isOver = true;
  }

  enqueue(task: Task): void {
    this.#microtasks.push(task);
  }

  /** When there is something to do again, if nothing comes before. */
  get wakesAt(): number {
    return this.#timers.reduce((first, { due }) => Math.min(first, due), Number.POSITIVE_INFINITY);
  }

  get hasWork(): boolean {
    return (
      this.#turn.length > 0 ||
      this.#immediates.length > 0 ||
      this.signals.length > 0 ||
      this.wakesAt <= this.#now() ||
      this.pollers.some(({ set }) => set.isReady)
    );
  }

  /** Makes one callback, if there is one to make. @throws what it throws */
  step(): void {
    for (let phases = 0; this.#turn.length === 0 && phases < 3; phases++) this.#nextPhase();
    const task = this.#turn.shift();
    try {
      task?.();
    } finally {
      this.drain();
    }
  }

  /** Runs what is left to promises. @throws what that throws: the rest is run in the next step */
  drain(): void {
    while (this.#microtasks.length > 0 && this.#isAlive()) this.#microtasks.shift()!();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #nextPhase(): void {
    switch (this.#phase) {
      case 'timers':
        this.#turn = this.#dueTimers();
        this.#phase = 'poll';
        return;
      case 'poll':
        this.#turn = [...this.signals.splice(0), ...this.pollers.flatMap((polled) => this.#readyOf(polled))];
        this.#phase = 'check';
        return;
      case 'check':
        this.#turn = this.#immediates.splice(0).map((immediate) => () => {
          if (!immediate.isOver) immediate.task();
        });
        this.#phase = 'timers';
    }
  }

  #dueTimers(): Task[] {
    const now = this.#now();
    const due = this.#timers.filter((timer) => timer.due <= now);
    due.sort((one, other) => one.due - other.due || one.order - other.order);
    return due.map((timer) => () => {
      if (timer.isOver) return;
      if (timer.interval === undefined) this.clearTimer(timer);
      else timer.due = Math.floor(this.#now()) + timer.interval;
      timer.task();
    });
  }

  #readyOf(polled: Polled): Task[] {
    const { set } = polled;
    const tell = (report: Report) => {
      if (report.length > 0) polled.tell(report);
    };
    const busy = set.readyBusy().map((one) => () => tell(set.reportOf(one)));
    return [...busy, () => tell(set.report())];
  }
}
