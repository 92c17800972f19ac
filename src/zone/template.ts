// template — step: answers made of the question's own name, by templates; the first that fits answers.

import { SERVFAIL, TYPE_A, TYPE_AAAA, TYPE_ANY, TYPE_CNAME } from '../message/message.ts';
import { isBelow } from '../message/name.ts';
import { rcodeName } from '../message/rcode-names.ts';
import { message } from './build-message.ts';
import type { GoTemplate } from './go-template/go-template.ts';
import { TemplateError, type Value } from './go-template/values.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { Question, WireName } from './question.ts';
import { readRecordText } from './record-text.ts';
import type { Regex } from './regex.ts';
import type { Next, Step } from './step.ts';
import { CLASS_ANY, templateData } from './template-data.ts';
import { foldName, nameText } from './wire-name.ts';

export interface TemplateRule {
  /** ANY is all of them; and a question for ANY is one of each. */
  readonly class: number;
  readonly type: number;
  readonly zones: readonly WireName[];
  /** One of them has to match; none: all names do. */
  readonly regexes: readonly Regex[];
  readonly answer: readonly GoTemplate[];
  readonly additional: readonly GoTemplate[];
  readonly authority: readonly GoTemplate[];
  readonly rcode: number;
  /** Extended DNS Error (RFC 8914); -1: none. */
  readonly ede: number;
  /** Names in these that no expression matches are left to the next template; others are SERVFAIL. */
  readonly through: readonly WireName[];
}

/** Aliases that are followed for one question. */
const MOST_ALIASES = 8;

export class Template implements Step {
  readonly name = 'template';
  readonly #rules: readonly TemplateRule[];

  /** @param rules in the order of the file */
  constructor(rules: readonly TemplateRule[]) {
    this.#rules = rules;
  }

  resolve(question: Question, next: Next): Promise<Message> {
    return this.#resolve(question, next, 0);
  }

  explain(question: Question): string | undefined {
    const found = this.#find(question);
    if (found === undefined) return undefined;
    if (found === 'failed')
      return 'a template is for this class, type and zone, its match is not, and nothing falls through: SERVFAIL';
    const made = filledIn(found);
    if (typeof made === 'string') return `a template fits, and cannot be filled in: ${made}. SERVFAIL`;
    const records = made.answer.length + made.authority.length + made.additional.length;
    return `a template answers: ${rcodeName(made.rcode)}, records: ${records}`;
  }

  async #resolve(question: Question, next: Next, aliases: number): Promise<Message> {
    const found = this.#find(question);
    if (found === undefined) return next(question);
    const made = found === 'failed' ? '' : filledIn(found);
    if (typeof made === 'string') return message({ rcode: SERVFAIL });
    if (question.type !== TYPE_A && question.type !== TYPE_AAAA) return made;
    const answer: ResourceRecord[] = [];
    for (const record of made.answer) {
      answer.push(record);
      if (record.type !== TYPE_CNAME || aliases >= MOST_ALIASES) continue;
      const name = foldName(record.data.toString('latin1'));
      const rest = await this.#resolve({ ...question, name }, next, aliases + 1);
      answer.push(...rest.answer);
    }
    return { ...made, answer };
  }

  /** The first that answers; undefined where none is for this question, `failed` where one is, and no expression of it matches. */
  #find(question: Question): Found | 'failed' | undefined {
    const text = nameText(question.name);
    for (const rule of this.#rules) {
      const zone = longestOf(rule.zones, question.name);
      if (zone === undefined || !fits(rule, question)) continue;
      if (rule.regexes.length === 0)
        return { rule, data: templateData(question, zone, rule, undefined, [text]) };
      for (const regex of rule.regexes) {
        const match = regex.match(text);
        if (match !== undefined) return { rule, data: templateData(question, zone, rule, regex, match) };
      }
      if (longestOf(rule.through, question.name) === undefined) return 'failed';
    }
    return undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

interface Found {
  readonly rule: TemplateRule;
  readonly data: Value;
}

function fits(rule: TemplateRule, { type, class: cls }: Question): boolean {
  const isClass = rule.class === CLASS_ANY || cls === CLASS_ANY || rule.class === cls;
  return isClass && (rule.type === TYPE_ANY || type === TYPE_ANY || rule.type === type);
}

/** A message, or a sentence that says which record could not be made. */
function filledIn({ rule, data }: Found): Message | string {
  if (rule.rcode === SERVFAIL) return message({ rcode: SERVFAIL });
  const sections: ResourceRecord[][] = [];
  for (const templates of [rule.answer, rule.authority, rule.additional]) {
    const records: ResourceRecord[] = [];
    for (const template of templates) {
      const record = recordOf(template, data);
      if (typeof record === 'string') return record;
      records.push(record);
    }
    sections.push(records);
  }
  const [answer = [], authority = [], additional = []] = sections;
  return message({ rcode: rule.rcode, authoritative: true, answer, authority, additional, ede: rule.ede });
}

function recordOf(template: GoTemplate, data: Value): ResourceRecord | string {
  try {
    const text = template.fill(data);
    const record = readRecordText(text);
    return typeof record === 'string' ? `${JSON.stringify(text)}: ${record}` : record;
  } catch (error) {
    if (error instanceof TemplateError) return `${JSON.stringify(template.text)}: ${error.message}`;
    throw error;
  }
}

function longestOf(zones: readonly WireName[], name: WireName): WireName | undefined {
  let longest: WireName | undefined;
  for (const zone of zones) if (isBelow(name, zone) && zone.length > (longest?.length ?? 0)) longest = zone;
  return longest;
}
