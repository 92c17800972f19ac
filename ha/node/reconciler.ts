// reconciler — brings the parts of a node to what is wanted, at intervals and whenever something may have changed.
//
// One part at a time. What fails for a moment (another program holds a lock) is tried again soon, what fails for a reason at
// the next interval; neither keeps a query waiting.

import { messageOf } from '../../src/errors.ts';
import type { Log } from '../../src/log/log.ts';
import { type SetupError, setupErrors } from '../../src/status.ts';
import { counted, NodeError, type NodePart } from './node-part.ts';
import { retry } from './retry.ts';

/** Before a passing failure is tried again; doubled each time. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;
/**
 * Between two observations caused by events. One of the interface takes a millisecond, and clients wait for the repair; one
 * of iptables lists its tables, in a program of its own.
 */
const CALM_MS: Readonly<Record<NodePart['name'], number>> = { interface: 100, rules: 1000 };

export interface ReconcilerCounters {
  reconciles: number;
  seconds: number;
  changes: number;
  readonly errors: Record<SetupError, number>;
  /** What this node cannot have, by part, each logged once. */
  readonly warnings: Record<NodePart['name'], readonly string[]>;
  readonly wanted: Record<NodePart['name'], number>;
  /** At the last observation; 0 when that failed for a reason that stays, null before the first and while none are made. */
  readonly found: Record<NodePart['name'], number | null>;
}

/** Lines of a repair that are logged. */
const TOLD_LINES = 5;
const repaired = {
  interface: 'something else changed the interface; it is as wanted again',
  rules: 'something else changed the rules; they are as wanted again',
} as const;

export class Reconciler {
  readonly counters: ReconcilerCounters = {
    reconciles: 0,
    seconds: 0,
    changes: 0,
    errors: Object.fromEntries(setupErrors.map((kind) => [kind, 0])) as Record<SetupError, number>,
    warnings: { interface: [], rules: [] },
    wanted: { interface: 0, rules: 0 },
    found: { interface: null, rules: null },
  };
  readonly #log: Log;
  readonly #interval: number;
  readonly #passed: () => void;
  #schedules: readonly Schedule[] = [];
  /** Parts that have been as wanted once: what is missing later was taken away. */
  readonly #settled = new Set<NodePart['name']>();
  /** Parts of which another state is wanted since they were looked at last. */
  readonly #expected = new Set<NodePart['name']>();
  /** Why the last attempt failed, of parts whose last attempt did. */
  readonly #failures = new Map<NodePart['name'], string>();
  #mayChange = true;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** @param interval milliseconds  @param passed called after each pass over the parts */
  constructor(log: Log, interval: number, passed: () => void) {
    this.#log = log;
    this.#interval = interval;
    this.#passed = passed;
  }

  /** Begins now. @param mayChange when false, a part that cannot even be observed is no error */
  start(parts: readonly NodePart[], mayChange = true): void {
    this.#mayChange = mayChange;
    this.#schedules = parts.map((part) => ({
      part,
      due: 0,
      poked: false,
      calmUntil: 0,
      retryMs: FIRST_RETRY_MS,
      complaint: undefined,
    }));
    this.#arm();
  }

  /** What is wanted is about to be something else: what differs then, no other program has taken away. */
  expectChange(): void {
    for (const name of this.#settled) this.#expected.add(name);
  }

  /** Something of that part may have changed. */
  poke(what: NodePart['name']): void {
    for (const schedule of this.#schedules.filter(({ part }) => part.name === what)) {
      schedule.due = Math.min(schedule.due, schedule.calmUntil);
      schedule.poked = true;
    }
    this.#arm();
  }

  /** Whether the part has been as wanted once since the start of this process. */
  hasSettled({ name }: NodePart): boolean {
    return this.#settled.has(name);
  }

  /** Why the part could not be observed or changed the last time it was tried, a sentence. */
  failureOf({ name }: NodePart): string | undefined {
    return this.#failures.get(name);
  }

  /** Resolves when nothing more is changed. */
  async stop(): Promise<void> {
    this.#schedules = [];
    clearTimeout(this.#timer);
    await this.#running;
    this.#failures.clear();
    // What is not looked at any more is not known.
    this.counters.found.interface = null;
    this.counters.found.rules = null;
  }

  /** Brings one part to what is wanted, once. @throws what the part throws, counted */
  async reconcile(part: NodePart): Promise<void> {
    const started = performance.now();
    const { counters } = this;
    try {
      const observation = await part.observe();
      const { wanted, found, plan } = observation;
      counters.wanted[part.name] = counted(wanted);
      counters.found[part.name] = counted(found);
      if (plan.length > 0) {
        await part.apply(observation);
        counters.changes++;
        counters.found[part.name] = counted(wanted);
        this.#tell(part.name, plan);
        for (const change of plan) this.#log.debug(`${part.name} changed`, { change });
      }
      this.#settled.add(part.name);
      this.#expected.delete(part.name);
      this.#failures.delete(part.name);
    } catch (error) {
      if (error instanceof NodeError) counters.errors[error.kind]++;
      if (!(error instanceof NodeError && error.passing)) counters.found[part.name] = 0;
      this.#failures.set(part.name, messageOf(error));
      throw error;
    } finally {
      this.#warn(part);
      counters.reconciles++;
      counters.seconds += (performance.now() - started) / 1000;
    }
  }

  /** @param limitMs for which passing failures are tried again  @throws what the part throws */
  remove(part: NodePart, limitMs: number): Promise<readonly string[]> {
    return retry(
      limitMs,
      () => part.remove(),
      ({ kind }) => {
        this.counters.errors[kind]++;
      },
    );
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** The first time is a start; later it names what another program took away or added. */
  #tell(name: NodePart['name'], plan: readonly string[]): void {
    const lines = (sign: string) => plan.filter((line) => line.startsWith(sign)).map((line) => line.slice(2));
    const [missing, added] = [lines('+'), lines('-')];
    if (!this.#settled.has(name) || this.#expected.has(name)) {
      this.#log.info(`${name} brought to what is wanted`, { made: missing.length, removed: added.length });
      return;
    }
    const told = [...missing, ...added].length - TOLD_LINES;
    this.#log.warn(repaired[name], {
      ...(missing.length > 0 ? { missing: missing.slice(0, TOLD_LINES) } : {}),
      ...(added.length > 0 ? { unwanted: added.slice(0, Math.max(0, TOLD_LINES - missing.length)) } : {}),
      ...(told > 0 ? { more: told } : {}),
    });
  }

  /** A running pass does this at its end. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#running !== undefined || this.#schedules.length === 0) return;
    const next = Math.min(...this.#schedules.map(({ due }) => due));
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
    for (const schedule of this.#schedules.filter(({ due }) => due <= now))
      if (this.#schedules.includes(schedule)) await this.#follow(schedule);
    this.#passed();
  }

  async #follow(schedule: Schedule): Promise<void> {
    if (schedule.poked) schedule.calmUntil = performance.now() + CALM_MS[schedule.part.name];
    schedule.poked = false;
    schedule.due = Number.POSITIVE_INFINITY; // an event from now on may come too late for this observation
    const failure = await this.#attempt(schedule.part);
    const passing = failure instanceof NodeError && failure.passing;
    schedule.due = Math.min(schedule.due, performance.now() + (passing ? schedule.retryMs : this.#interval));
    schedule.retryMs = passing ? Math.min(2 * schedule.retryMs, LAST_RETRY_MS) : FIRST_RETRY_MS;
    if (failure === undefined) schedule.complaint = undefined;
    else this.#complain(schedule, failure);
  }

  /** What it threw. */
  async #attempt(part: NodePart): Promise<unknown> {
    try {
      const mayBeSeen = this.#mayChange || (await part.observe().then(...whether));
      if (mayBeSeen) await this.reconcile(part);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #warn({ name, warnings = [] }: NodePart): void {
    const before = this.counters.warnings[name];
    for (const warning of warnings) if (!before.includes(warning)) this.#log.warn(warning);
    this.counters.warnings[name] = warnings;
  }

  #complain(schedule: Schedule, failure: unknown): void {
    const text = failure instanceof Error ? failure.message : String(failure);
    if (text === schedule.complaint) return;
    schedule.complaint = text;
    if (failure instanceof NodeError && failure.passing) this.#log.warn(text);
    else if (failure instanceof NodeError) this.#log.error(text);
    else this.#log.error('the node could not be observed', { err: failure });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Schedule {
  readonly part: NodePart;
  /** When the part is observed next. */
  due: number;
  /** An event brought the next observation forward; after it, the next event has to wait until `calmUntil`. */
  poked: boolean;
  calmUntil: number;
  /** Until the next attempt, should this one fail for a moment. */
  retryMs: number;
  /** The failure that was logged; only another one is logged again. */
  complaint: string | undefined;
}

const whether = [() => true, () => false] as const;
