// error-log — queries that no server could answer, told one by one or, by pattern, together (`errors { consolidate … }`).

import type { LogLevel } from '../config.ts';
import { rcodeNames } from '../counters.ts';
import { typeName } from '../message/type-names.ts';
import { formatDuration } from '../options/duration.ts';
import type { LogPlan } from '../plan/log-plan.ts';
import { compileRegex } from '../zone/regex.ts';
import type { Log } from './log.ts';

export interface ErrorPattern {
  /** As it is written in the Corefile. */
  readonly pattern: string;
  readonly matches: (sentence: string) => boolean;
  /** Milliseconds in which those that match are told as one. */
  readonly within: number;
  readonly level: LogLevel;
  /** The first of them is told at once. */
  readonly showFirst: boolean;
}

export class ErrorLog {
  readonly #log: Log;
  readonly #counts: readonly Count[];

  constructor(patterns: readonly ErrorPattern[], log: Log) {
    this.#log = log;
    this.#counts = patterns.map((pattern) => ({ pattern, errors: 0, until: 0 }));
  }

  /**
   * @param name as text, with the dot at its end
   * @param sentence why: the patterns are matched against it; it holds nothing of the query, so repeats of it are one message
   * @param now monotonic milliseconds
   */
  add(name: string, type: number, rcode: number, sentence: string, now: number): void {
    this.settle(now);
    const count = this.#counts.find(({ pattern }) => pattern.matches(sentence));
    let level: LogLevel = 'error';
    if (count !== undefined) {
      level = count.pattern.level;
      if (count.errors++ === 0) count.until = now + count.pattern.within;
      if (count.errors > 1 || !count.pattern.showFirst) return;
    }
    const shown = rcodeNames[rcode] ?? String(rcode);
    this.#log[level](sentence, { name, type: typeName(type), rcode: shown });
  }

  /** Tells the counts whose time is over. */
  settle(now: number): void {
    for (const count of this.#counts) if (count.errors > 0 && now >= count.until) this.#tell(count);
  }

  /** Whether a count is still to be told. */
  get isOwed(): boolean {
    return this.#counts.some(({ errors }) => errors > 0);
  }

  /** Tells all counts: the instance ends, or has another plan. */
  close(): void {
    for (const count of this.#counts) if (count.errors > 0) this.#tell(count);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #tell(count: Count): void {
    const { errors, pattern } = count;
    count.errors = 0;
    if (errors === 1 && pattern.showFirst) return;
    const within = formatDuration(pattern.within);
    this.#log[pattern.level](`${errors} errors like '${pattern.pattern}' occurred in last ${within}`);
  }
}

/** Those of an instance: blocks with the same lines of `errors` count by themselves. */
export class ErrorLogs {
  readonly #log: Log;
  readonly #logs = new Map<ErrorsPlan, ErrorLog>();

  constructor(log: Log) {
    this.#log = log;
  }

  of(plan: ErrorsPlan): ErrorLog {
    const known = this.#logs.get(plan);
    if (known !== undefined) return known;
    const made = new ErrorLog(plan.consolidate.map(patternOf), this.#log);
    this.#logs.set(plan, made);
    return made;
  }

  settle(now: number): void {
    for (const log of this.#logs.values()) log.settle(now);
  }

  get isOwed(): boolean {
    return [...this.#logs.values()].some((log) => log.isOwed);
  }

  /** Tells all that was counted, and forgets the plans. */
  close(): void {
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }
}

type ErrorsPlan = NonNullable<LogPlan['errors']>;

function patternOf({ pattern, ...rest }: ErrorsPlan['consolidate'][number]): ErrorPattern {
  const regex = compileRegex(pattern); // it was compiled before, when the plan was made
  return { ...rest, pattern, matches: (sentence) => typeof regex !== 'string' && regex.test(sentence) };
}

interface Count {
  readonly pattern: ErrorPattern;
  errors: number;
  until: number;
}
