// reconciler — brings the parts of a node to what is wanted, again and again: at intervals and whenever it is told to look.
//
// One look at a time. What fails for a moment (a lock another program holds) is tried again soon, what fails for a reason at
// the next interval; neither keeps a query waiting.

import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../src/log/log.ts';
import { type SetupError, setupErrors } from '../../src/status.ts';
import { NodeError, type NodePart } from './node-part.ts';

/** Milliseconds until a passing failure is tried again; doubled each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;
/** Milliseconds between two looks somebody else's changes may cause. */
const CALM = 1000;

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
  #parts: readonly NodePart[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #retry = FIRST_RETRY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Said already; it is said again when it is another. */
  #complaint = '';

  /** @param interval milliseconds  @param done called after each pass over the parts */
  constructor(log: Log, interval: number, done: () => void) {
    this.#log = log;
    this.#interval = interval;
    this.#done = done;
  }

  /** Looks now, and from now on. */
  start(parts: readonly NodePart[]): void {
    this.#parts = parts;
    this.#run();
  }

  /** Something may have changed: looks soon. */
  poke(): void {
    if (this.#parts.length > 0) this.#schedule(Math.max(0, this.#lookedAt + CALM - performance.now()));
  }

  /** Resolves when nothing more is changed. */
  async stop(): Promise<void> {
    this.#parts = [];
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
  async remove(part: NodePart, patience: number): Promise<readonly string[]> {
    const giveUp = performance.now() + patience;
    for (let wait = FIRST_RETRY; ; wait *= 2) {
      try {
        return await part.remove();
      } catch (error) {
        if (error instanceof NodeError) this.counters.errors[error.kind]++;
        if (!(error instanceof NodeError && error.passing && performance.now() + wait < giveUp)) throw error;
        await delay(wait);
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), ms).unref();
  }

  #run(): void {
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#pass().finally(() => {
      this.#running = undefined;
      if (this.#parts.length === 0) return;
      if (this.#again) this.#schedule(0);
      this.#again = false;
    });
  }

  async #pass(): Promise<void> {
    this.#lookedAt = performance.now();
    let failure: unknown;
    for (const part of this.#parts) await this.mend(part).catch((error: unknown) => (failure ??= error));
    this.#done();
    if (this.#parts.length === 0) return;
    const passing = failure instanceof NodeError && failure.passing;
    this.#schedule(passing ? this.#retry : this.#interval);
    this.#retry = passing ? Math.min(2 * this.#retry, LAST_RETRY) : FIRST_RETRY;
    if (failure !== undefined) this.#complain(failure);
    else this.#complaint = '';
  }

  #complain(failure: unknown): void {
    const text = failure instanceof Error ? failure.message : String(failure);
    if (text === this.#complaint) return;
    this.#complaint = text;
    if (failure instanceof NodeError && failure.passing) this.#log.warn(text);
    else if (failure instanceof NodeError) this.#log.error(text);
    else this.#log.error('the node could not be looked at', { err: failure });
  }
}
