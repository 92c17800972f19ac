// view — for which queries a server block is there at all; of the blocks of a zone the first that is there for a query takes it.

import type { Condition } from './expression.ts';
import type { Question } from './question.ts';

export class View {
  readonly name: string;
  readonly #conditions: readonly Condition[];

  /** @param conditions all have to hold; without any it is there for all queries */
  constructor(name: string, conditions: readonly Condition[]) {
    this.name = name;
    this.#conditions = conditions;
  }

  isFor(question: Question): boolean {
    return this.#conditions.every((holds) => holds(question));
  }

  /** Why a query does not get to the block. */
  explain(question: Question): string | undefined {
    return this.isFor(question) ? undefined : `the view ${this.name} is not for this query`;
  }
}
