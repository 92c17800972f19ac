// query-log — which queries are told in the log, and no more of them than a person or a disk can take.
//
// In a second at most so many lines are written. When more come, one of so many is written as would have been right for the
// second before, and how many were left out is told when the second is over: a sample of all of it, not the beginning alone.

import { isBelow } from '../message/name.ts';
import type { Query } from '../message/query.ts';
import { foldedName } from '../message/question.ts';
import type { ResponseView } from '../message/records.ts';
import type { QueryLogPlan, ReplyClass } from '../plan/log-plan.ts';
import type { Peer, WireName } from '../zone/question.ts';
import { parseName } from '../zone/wire-name.ts';
import { queryFacts, replyClass } from './query-facts.ts';
import { compileQueryFormat, type QueryFormat, writeQueryLine } from './query-format.ts';

/** Lines a second, of one instance. */
export const MOST_LINES = 1000;

/**
 * Writes the line of a query that was answered, or of which the client hears nothing, if its block has it told.
 * @param reply undefined: the client gets none
 * @param now monotonic milliseconds
 * @param took milliseconds
 */
export function tellQuery(
  log: QueryLog,
  lines: QueryLines,
  query: Query,
  reply: ResponseView | undefined,
  client: () => Peer,
  now: number,
  took: number,
): void {
  const name = foldedName(query);
  const format = log.formatOf(name, () => replyClass(reply));
  if (format === undefined) return;
  lines.add(now, () => writeQueryLine(format, queryFacts(query, name, client(), reply, took)));
}

/** Takes lines of all blocks of an instance. */
export class QueryLines {
  readonly #write: (line: string) => void;
  readonly #tell: (leftOut: number, of: number) => void;
  readonly #most: number;
  readonly #leftOut: () => void;
  #second = Number.NEGATIVE_INFINITY;
  #came = 0;
  #written = 0;
  /** One of so many is written. */
  #every = 1;

  /**
   * @param write takes a line without its newline, and never waits
   * @param tell told how many of a second's lines were left out
   * @param leftOut called for each line that is left out: `settle` is to be called soon
   */
  constructor(
    write: (line: string) => void,
    tell: (leftOut: number, of: number) => void,
    most: number = MOST_LINES,
    leftOut: () => void = () => {},
  ) {
    this.#write = write;
    this.#tell = tell;
    this.#most = most;
    this.#leftOut = leftOut;
  }

  /** Whether lines were left out that have not been told of. */
  get isOwed(): boolean {
    return this.#came > this.#written;
  }

  /** @param now monotonic milliseconds @param line called if it is to be written */
  add(now: number, line: () => string): void {
    this.settle(now);
    if (this.#came++ % this.#every !== 0 || this.#written === this.#most) return this.#leftOut();
    this.#written++;
    this.#write(line());
  }

  /** Tells what was left out, if the second is over; to be called now and then while no lines come. */
  settle(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    if (this.#came > this.#written) this.#tell(this.#came - this.#written, this.#came);
    const isNext = second === this.#second + 1;
    this.#every = isNext ? Math.max(1, Math.ceil(this.#came / this.#most)) : 1;
    this.#second = second;
    this.#came = 0;
    this.#written = 0;
  }
}

/** What a block has logged. */
export class QueryLog {
  readonly #rules: readonly Rule[];

  constructor(plans: readonly QueryLogPlan[]) {
    this.#rules = plans.map(({ zones, classes, format }) => ({
      zones: zones.map((zone) => parseName(zone === '' ? '.' : zone)!),
      classes: new Set(classes),
      format: compileQueryFormat(format),
    }));
  }

  /**
   * How a query for the folded name is told, undefined if it is not: the first rule whose zone the name is in decides.
   * @param came what it came to; called if there is such a rule
   */
  formatOf(name: WireName, came: () => ReplyClass): QueryFormat | undefined {
    const rule = this.#rules.find(({ zones }) => zones.some((zone) => isBelow(name, zone)));
    return rule?.classes.has(came()) === true ? rule.format : undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Rule {
  readonly zones: readonly WireName[];
  readonly classes: ReadonlySet<ReplyClass>;
  readonly format: QueryFormat;
}
