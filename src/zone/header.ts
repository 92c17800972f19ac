// header — flags of the header that are set or cleared by decree, in queries and in responses.

import { AA, RA, RD } from '../message/message.ts';
import type { Message } from './message.ts';
import type { Question } from './question.ts';
import type { Next, Step } from './step.ts';

export const headerFlags = ['aa', 'ra', 'rd'] as const;
export type HeaderFlag = (typeof headerFlags)[number];

/** Later ones override earlier ones. */
export interface FlagRule {
  readonly flag: HeaderFlag;
  readonly isSet: boolean;
}

/** Bits of the flags word that every response has, and that none has. */
export interface FlagChange {
  readonly set: number;
  readonly clear: number;
}

const bits: Readonly<Record<HeaderFlag, number>> = { aa: AA, ra: RA, rd: RD };

export function flagChange(rules: readonly FlagRule[]): FlagChange {
  let set = 0;
  let clear = 0;
  for (const { flag, isSet } of rules) {
    set = isSet ? set | bits[flag] : set & ~bits[flag];
    clear = isSet ? clear & ~bits[flag] : clear | bits[flag];
  }
  return { set, clear };
}

/** Queries: RD is the one that servers look at. */
export class QueryFlags implements Step {
  readonly name = 'header';
  readonly #recursionDesired: boolean;

  constructor(recursionDesired: boolean) {
    this.#recursionDesired = recursionDesired;
  }

  resolve(question: Question, next: Next): Promise<Message> {
    return next({ ...question, recursionDesired: this.#recursionDesired });
  }

  explain({ recursionDesired }: Question): string | undefined {
    if (recursionDesired === this.#recursionDesired) return undefined;
    return `servers are asked with RD ${this.#recursionDesired ? 'set' : 'cleared'}`;
  }
}
