// reconciler — brings the parts of a node to what is wanted, again and again: at intervals and whenever it is told to look.
//
// One look at a time. What fails for a moment (a lock another program holds) is tried again soon, what fails for a reason at
// the next interval; neither keeps a query waiting.

import type { Log } from '../../src/log/log.ts';
import { type SetupError, setupErrors } from '../../src/status.ts';
import { NodeError, type NodePart } from './node-part.ts';
import { patiently } from './retry.ts';

/** Milliseconds until a passing failure is tried again; doubled each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;
/**
 * Milliseconds between two looks that somebody else's changes may cause. One at the interface takes a millisecond and is
 * what clients wait for; one at iptables lists its tables, in a program of its own.
 */
const CALM: Readonly<Record<NodePart['name'], number>> = { interface: 100, rules: 1000 };

export interface ReconcilerCounters {
  reconciles: number;
  seconds: number;
  changes: number;
  readonly errors: Record<SetupError, number>;
  /** Of each part at the last look that succeeded. */
  readonly wanted: Record<NodePart['name'], number>;
  readonly found: Record<NodePart['name'], number>;
}

export class Reconciler {
  readonly counters: ReconcilerCounters = {
    reconciles: 0,
    seconds: 0,
    changes: 0,
    errors: Object.fromEntries(setupErrors.map((kind) => [kind, 0])) as Record<SetupError, number>,
    wanted: { interface: 0, rules: 0 },
    found: { interface: 0, rules: 0 },
  };
  readonly #log: Log;
  readonly #interval: number;
  readonly #done: () => void;
  #cares: readonly Care[] = [];
  #powerless = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** @param interval milliseconds  @param done called after each pass over the parts */
  constructor(log: Log, interval: number, done: () => void) {
    this.#log = log;
    this.#interval = interval;
    this.#done = done;
  }

  /** Looks now, and from now on. @param mayChange without, only what can be seen to be missing is an error */
  start(parts: readonly NodePart[], mayChange = true): void {
    this.#powerless = !mayChange;
    this.#cares = parts.map((part) => ({
      part,
      due: 0,
      poked: false,
      calmUntil: 0,
      retry: FIRST_RETRY,
      complaint: '',
    }));
    this.#arm();
  }

  /** Something may have changed: looks soon. */
  poke(what: NodePart['name']): void {
    for (const care of this.#cares.filter(({ part }) => part.name === what)) {
      care.due = Math.min(care.due, care.calmUntil);
      care.poked = true;
    }
    this.#arm();
  }

  /** Resolves when nothing more is changed. */
  async stop(): Promise<void> {
    this.#cares = [];
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Brings one part to what is wanted, once. @throws what the part throws, counted */
  async mend(part: NodePart): Promise<void> {
    const started = performance.now();
    const { counters } = this;
    try {
      const look = await part.look();
      counters.wanted[part.name] = look.wanted.length;
      counters.found[part.name] = look.found.length;
      if (look.change.length > 0) {
        await part.apply(look);
        counters.changes++;
        counters.found[part.name] = look.wanted.length;
        const made = look.change.filter((line) => line.startsWith('+')).length;
        this.#log.info(`${part.name} brought to what is wanted`, {
          made,
          removed: look.change.length - made,
        });
        for (const change of look.change) this.#log.debug(`${part.name} changed`, { change });
      }
    } catch (error) {
      if (error instanceof NodeError) counters.errors[error.kind]++;
      throw error;
    } finally {
      counters.reconciles++;
      counters.seconds += (performance.now() - started) / 1000;
    }
  }

  /** Removes a part; what fails for a moment is tried again for `patience` milliseconds. @throws what the part throws */
  remove(part: NodePart, patience: number): Promise<readonly string[]> {
    return patiently(
      patience,
      () => part.remove(),
      ({ kind }) => {
        this.counters.errors[kind]++;
      },
    );
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** A pass that runs does this at its end. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#running !== undefined || this.#cares.length === 0) return;
    const next = Math.min(...this.#cares.map(({ due }) => due));
    const wait = Math.max(0, next - performance.now());
    this.#timer = setTimeout(() => this.#run(), Math.ceil(wait)).unref();
  }

  #run(): void {
    this.#running = this.#pass().finally(() => {
      this.#running = undefined;
      this.#arm();
    });
  }

  async #pass(): Promise<void> {
    const now = performance.now();
    for (const care of this.#cares.filter(({ due }) => due <= now))
      if (this.#cares.includes(care)) await this.#see(care);
    this.#done();
  }

  async #see(care: Care): Promise<void> {
    if (care.poked) care.calmUntil = performance.now() + CALM[care.part.name];
    care.poked = false;
    care.due = Number.POSITIVE_INFINITY; // what is heard from now on may come too late for this look
    const failure = await this.#tryOn(care.part);
    const passing = failure instanceof NodeError && failure.passing;
    care.due = Math.min(care.due, performance.now() + (passing ? care.retry : this.#interval));
    care.retry = passing ? Math.min(2 * care.retry, LAST_RETRY) : FIRST_RETRY;
    if (failure !== undefined) this.#complain(care, failure);
    else care.complaint = '';
  }

  /** What it threw. */
  async #tryOn(part: NodePart): Promise<unknown> {
    if (this.#powerless && !(await part.look().then(...whether))) return undefined;
    return this.mend(part).then(nothing, (error: unknown) => error);
  }

  #complain(care: Care, failure: unknown): void {
    const text = failure instanceof Error ? failure.message : String(failure);
    if (text === care.complaint) return;
    care.complaint = text;
    if (failure instanceof NodeError && failure.passing) this.#log.warn(text);
    else if (failure instanceof NodeError) this.#log.error(text);
    else this.#log.error('the node could not be looked at', { err: failure });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Care {
  readonly part: NodePart;
  /** When it is looked at next. */
  due: number;
  /** The next look was caused by somebody else; another one such has to wait for a while after it. */
  poked: boolean;
  calmUntil: number;
  /** Milliseconds until the next try, should the next look fail for a moment. */
  retry: number;
  /** Said already; it is said again when it is another. */
  complaint: string;
}

const nothing = (): undefined => undefined;
const whether = [() => true, () => false] as const;
