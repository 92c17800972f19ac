// rewrite-rule — what one line of `rewrite` does with a question, and what has to be done with its answer for that.

import type { Message, ResourceRecord } from './message.ts';
import { type NamePattern, patternMatches, rewritten } from './name-pattern.ts';
import type { Question } from './question.ts';
import { type Renaming, withOwner, withTarget } from './record-names.ts';
import { foldName, nameText, parseName } from './wire-name.ts';

export interface RewriteRule {
  /** No rule behind this one is looked at once it has matched. */
  readonly stops: boolean;
  /** Undefined: it is not for this question. */
  apply(question: Question): Applied | undefined;
}

export interface Applied {
  /** Undefined: the name that comes out is none. */
  readonly question: Question | undefined;
  /** Of the answer; the last is done first. */
  readonly changes: readonly Change[];
}

export type Change =
  | { readonly kind: 'record'; readonly change: (record: ResourceRecord) => ResourceRecord }
  | { readonly kind: 'rcode'; readonly change: (rcode: Message['rcode']) => number }
  /** Another target for an alias, which is then asked for. */
  | { readonly kind: 'alias'; readonly target: Renaming };

/** For owners or for what records point to: `answer name`, `answer value`. */
export interface AnswerRule {
  readonly of: 'name' | 'value';
  readonly pattern: NamePattern;
  readonly to: string;
}

export interface NameRule {
  readonly pattern: NamePattern;
  readonly to: string;
  /** The names of the answer become again what they were in the question. */
  readonly auto: boolean;
  readonly answers: readonly AnswerRule[];
}

export function nameRule(stops: boolean, { pattern, to, auto, answers }: NameRule): RewriteRule {
  const explicit = answers.map(({ of, pattern, to }) => renaming(of, (name) => rewritten(pattern, name, to)));
  return {
    stops,
    apply(question) {
      const before = nameText(question.name);
      const after = rewritten(pattern, before, to);
      if (after === undefined) return undefined;
      const name = parseName(after);
      if (name === undefined) return { question: undefined, changes: [] };
      const back = auto ? revert(pattern, to, nameText(foldName(name)), before) : undefined;
      return {
        question: { ...question, name: foldName(name) },
        changes: [...(back ? [renaming('name', back), renaming('value', back)] : []), ...explicit],
      };
    },
  };
}

export function typeRule(stops: boolean, from: number, to: number): RewriteRule {
  const done = (question: Question) => ({ question: { ...question, type: to }, changes: [] });
  return { stops, apply: (question) => (question.type === from ? done(question) : undefined) };
}

export function classRule(stops: boolean, from: number, to: number): RewriteRule {
  const done = (question: Question) => ({ question: { ...question, class: to }, changes: [] });
  return { stops, apply: (question) => (question.class === from ? done(question) : undefined) };
}

/** TTLs of all records become `least` or more, `most` or less. */
export function ttlRule(stops: boolean, pattern: NamePattern, least: number, most: number): RewriteRule {
  const change = (record: ResourceRecord) => ({
    ...record,
    ttl: Math.min(Math.max(record.ttl, least), most),
  });
  return answerRule(stops, pattern, { kind: 'record', change });
}

export function rcodeRule(stops: boolean, pattern: NamePattern, from: number, to: number): RewriteRule {
  return answerRule(stops, pattern, { kind: 'rcode', change: (rcode) => (rcode === from ? to : rcode) });
}

/** For every question: what its aliases point to is looked at. */
export function cnameRule(stops: boolean, pattern: NamePattern, to: string): RewriteRule {
  const change: Change = { kind: 'alias', target: (name) => rewritten(pattern, name, to) };
  return { stops, apply: (question) => ({ question, changes: [change] }) };
}

/** EDNS options are not passed on: it matches, and does nothing. */
export function idleRule(stops: boolean, matches: boolean): RewriteRule {
  return { stops, apply: (question) => (matches ? { question, changes: [] } : undefined) };
}

// ---------------------------------------------------------------------------------------------------------------------

function answerRule(stops: boolean, pattern: NamePattern, change: Change): RewriteRule {
  return {
    stops,
    apply: (question) =>
      patternMatches(pattern, nameText(question.name)) ? { question, changes: [change] } : undefined,
  };
}

function renaming(of: AnswerRule['of'], rename: Renaming): Change {
  const change = of === 'name' ? withOwner : withTarget;
  return { kind: 'record', change: (record) => change(record, rename) };
}

/** A suffix goes back wherever it is; else the name that was asked, and those below it. */
function revert(pattern: NamePattern, to: string, asked: string, before: string): Renaming {
  if (pattern.kind === 'suffix') return (name) => rewritten({ kind: 'suffix', text: to }, name, pattern.text);
  return (name) => {
    if (name === asked) return before;
    return name.endsWith(`.${asked}`) ? name.slice(0, name.length - asked.length) + before : undefined;
  };
}
