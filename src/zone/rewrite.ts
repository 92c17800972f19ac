// rewrite — step: another question is asked in place of the client's, and its answer is made one to the client's again.

import { SERVFAIL, TYPE_CNAME } from '../message/message.ts';
import { typeName } from '../message/type-names.ts';
import { message } from './build-message.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { Question } from './question.ts';
import { withTarget } from './record-names.ts';
import type { Change, RewriteRule } from './rewrite-rule.ts';
import type { Next, Step } from './step.ts';
import { foldName, nameText } from './wire-name.ts';

/** Aliases that lead to aliases with another target. */
const DEEPEST = 8;

export class Rewrite implements Step {
  readonly name = 'rewrite';
  readonly #rules: readonly RewriteRule[];

  /** @param rules in the order of the file */
  constructor(rules: readonly RewriteRule[]) {
    this.#rules = rules;
  }

  resolve(question: Question, next: Next): Promise<Message> {
    return this.#resolve(question, next, 0);
  }

  explain(question: Question): string | undefined {
    const { asked, changes, matched } = this.#apply(question);
    if (!matched) return undefined;
    if (asked === undefined) return 'rewrite makes a name of it that is none: SERVFAIL';
    const other = isSame(asked, question)
      ? 'the question stays'
      : `it is asked as ${nameText(asked.name)} ${typeName(asked.type)}`;
    return `rewrite: ${other}, and ${changes.length} changes are made to the answer`;
  }

  async #resolve(question: Question, next: Next, depth: number): Promise<Message> {
    const { asked, changes } = this.#apply(question);
    if (asked === undefined) return message({ rcode: SERVFAIL });
    let given = await next(asked);
    for (const change of changes)
      if (change.kind === 'alias' && depth < DEEPEST)
        given = await this.#retarget(given, change.target, asked, next, depth);
    const isOther = !isSame(asked, question) || changes.length > 0;
    return isOther ? { ...changed(given, changes), authentic: false } : given;
  }

  /** The last change is done first. */
  #apply(question: Question): { asked: Question | undefined; changes: readonly Change[]; matched: boolean } {
    let asked = question;
    let matched = false;
    const changes: Change[] = [];
    for (const rule of this.#rules) {
      const applied = rule.apply(asked);
      if (applied === undefined) continue;
      matched = true;
      if (applied.question === undefined) return { asked: undefined, changes: [], matched };
      asked = applied.question;
      changes.push(...applied.changes);
      if (rule.stops) break;
    }
    return { asked, changes: changes.reverse(), matched };
  }

  /** Of the first alias that gets another target the chain goes on with what is known of that one. */
  async #retarget(
    given: Message,
    target: Extract<Change, { kind: 'alias' }>['target'],
    asked: Question,
    next: Next,
    depth: number,
  ): Promise<Message> {
    const kept: ResourceRecord[] = [];
    for (const record of given.answer) {
      if (record.type !== TYPE_CNAME) continue;
      const alias = withTarget(record, target);
      kept.push(alias);
      if (alias === record) continue;
      const name = foldName(alias.data.toString('latin1'));
      const rest = await this.#resolve({ ...asked, name }, next, depth + 1);
      return { ...given, answer: [...kept, ...rest.answer] };
    }
    return given;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function isSame(a: Question, b: Question): boolean {
  return a.name === b.name && a.type === b.type && a.class === b.class;
}

function changed(given: Message, changes: readonly Change[]): Message {
  const record = (one: ResourceRecord) =>
    changes.reduce((now, change) => (change.kind === 'record' ? change.change(now) : now), one);
  return {
    ...given,
    rcode: changes.reduce((now, change) => (change.kind === 'rcode' ? change.change(now) : now), given.rcode),
    answer: given.answer.map(record),
    authority: given.authority.map(record),
    additional: given.additional.map(record),
  };
}
