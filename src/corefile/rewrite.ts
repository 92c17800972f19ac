// rewrite — another question in place of the client's; the first rule that matches and stops is the last.
//
//   rewrite [continue|stop] RULE                  rewrite [continue|stop] { RULE }: its lines are one rule
//
//   RULE   name [exact|prefix|suffix|substring|regex] FROM TO [answer auto | answer name REGEX TO | answer value REGEX TO]…
//          class FROM TO          type FROM TO          cname [MATCH] FROM TO
//          ttl [MATCH] NAME N|MIN-|-MAX|MIN-MAX         rcode [MATCH] NAME OLD NEW
//          edns0 local|nsid|subnet set|append|replace|unset …

import { CLASS_IN } from '../message/message.ts';
import { rcodeName, rcodeNames, rcodeNumber } from '../message/rcode-names.ts';
import { classNumbers, typeNames, typeNumber } from '../message/type-names.ts';
import type { Pieces } from '../pieces.ts';
import { Rewrite } from '../zone/rewrite.ts';
import {
  classRule,
  cnameRule,
  idleRule,
  nameRule,
  type RewriteRule,
  rcodeRule,
  ttlRule,
  typeRule,
} from '../zone/rewrite-rule.ts';
import type { Step } from '../zone/step.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { readEdnsAction } from './rewrite-edns.ts';
import { type Matched, readAnswers, readMatched, readTarget } from './rewrite-name.ts';

export function* readRewrites(directives: readonly Directive[], faults: Faults): Pieces<Step | undefined> {
  const rules: RewriteRule[] = [];
  for (const directive of directives) {
    const rule = readRule(directive, faults);
    if (rule !== undefined) rules.push(rule);
    yield;
  }
  return rules.length > 0 ? new Rewrite(rules) : undefined;
}

/** Whether the engine of regular expressions is needed for it: `regex`, or a name or value of the answer. */
export function hasExpressions(directive: Directive): boolean {
  const texts = wordsOfRule(directive).map(({ text }) => text.toLowerCase());
  const at = texts.indexOf('answer');
  return (
    texts.includes('regex') ||
    (at >= 0 && texts.slice(at).some((text) => text === 'name' || text === 'value'))
  );
}

// ---------------------------------------------------------------------------------------------------------------------

/** Words of the rule, those of its block too, whichever lines they are on. */
function wordsOfRule({ args, body = [] }: Directive): readonly Word[] {
  if (args.length >= 2) return args;
  return [
    ...args,
    ...body.flatMap((line) => [line.name, ...line.args, ...wordsOfRule({ ...line, args: [] })]),
  ];
}

type Read = (words: readonly Word[], stops: boolean, field: Word, faults: Faults) => RewriteRule | undefined;

const fields: Readonly<Record<string, Read>> = {
  name: readName,
  class(words, stops, field, faults) {
    const two = readTwo(words, field, faults, (name) => classNumbers.get(name), [...classNumbers.keys()]);
    if (two === undefined) return undefined;
    if (two[0] !== CLASS_IN)
      faults.warn(field, 'This rule does nothing: questions of another class than IN are refused before it.');
    return classRule(stops, ...two);
  },
  type(words, stops, field, faults) {
    const two = readTwo(words, field, faults, typeNumber, typeNames);
    return two && typeRule(stops, ...two);
  },
  ttl: readTtl,
  edns0: readEdns,
  cname: readCname,
  rcode: readRcodes,
};

function readRule(directive: Directive, faults: Faults): RewriteRule | undefined {
  const { name, args, body = [] } = directive;
  if (args.length >= 2 && body.length > 0)
    faults.refuse(
      body[0]!.name,
      'a rewrite that has its rule on its own line takes no block: put all of it into one of them.',
    );
  const words = [...wordsOfRule(directive)];
  const isMode = /^(continue|stop)$/i.test(words[0]?.text ?? '');
  const stops = !(isMode && words[0]!.text.toLowerCase() === 'continue');
  const [field, ...rest] = isMode ? words.slice(1) : words;
  if (field === undefined) {
    faults.refuse(name, `\`rewrite\` needs a rule: ${Object.keys(fields).join(', ')}.`);
    return undefined;
  }
  const kind = field.text.toLowerCase();
  const read = Object.hasOwn(fields, kind) ? fields[kind] : undefined;
  if (read !== undefined) return read(rest, stops, field, faults);
  faults.refuse(
    field,
    kind === 'answer'
      ? '`answer` belongs behind a rule for the name: `rewrite name suffix FROM TO answer auto`.'
      : `${quoted(field)} is nothing that \`rewrite\` changes: it has ${Object.keys(fields).join(', ')}.`,
    [...Object.keys(fields), 'continue', 'stop'],
  );
  return undefined;
}

function readName(
  words: readonly Word[],
  stops: boolean,
  field: Word,
  faults: Faults,
): RewriteRule | undefined {
  const form = 'name [exact|prefix|suffix|substring|regex] FROM TO [answer …]';
  const matched = readMatched(words, 2, field, faults, form);
  if (matched === undefined) return undefined;
  const [to, ...rest] = matched.rest;
  if (rest[0]?.text === 'metadata') {
    faults.refuse(rest[0], 'there is no metadata here: take the word out.');
    return undefined;
  }
  const target = readTarget(to!, matched.pattern, faults);
  const { auto, answers } = readAnswers(rest, faults);
  if (target === undefined) return undefined;
  const { pattern } = matched;
  return nameRule(stops, { pattern, to: target, auto: auto || pattern.kind === 'exact', answers });
}

function readTtl(
  words: readonly Word[],
  stops: boolean,
  field: Word,
  faults: Faults,
): RewriteRule | undefined {
  const form = 'ttl [exact|prefix|suffix|substring|regex] NAME N|MIN-|-MAX|MIN-MAX';
  const matched = readMatched(words, 2, field, faults, form);
  if (matched === undefined || isLonger(matched, 1, faults, form)) return undefined;
  const word = matched.rest[0]!;
  const [, only, from, to] = /^(?:(\d{1,10})|(\d{0,10})-(\d{0,10}))$/.exec(word.text) ?? [];
  const least = Number(only ?? from ?? 0);
  const most = only !== undefined ? least : to === '' ? 0x7fffffff : Number(to);
  const isRange = only !== undefined || (from !== undefined && from + to !== '');
  if (isRange && least <= most && most <= 0xffffffff) return ttlRule(stops, matched.pattern, least, most);
  faults.refuse(
    word,
    `${quoted(word)} is no TTL of \`rewrite ttl\`: give seconds, or a range such as 30-, -300 or 30-300.`,
  );
  return undefined;
}

function readRcodes(
  words: readonly Word[],
  stops: boolean,
  field: Word,
  faults: Faults,
): RewriteRule | undefined {
  const form = 'rcode [exact|prefix|suffix|substring|regex] NAME OLD NEW';
  const matched = readMatched(words, 3, field, faults, form);
  if (matched === undefined || isLonger(matched, 2, faults, form)) return undefined;
  const [from, to] = matched.rest.map((word) => readNumberedRcode(word, faults));
  return from === undefined || to === undefined ? undefined : rcodeRule(stops, matched.pattern, from, to);
}

function readCname(
  words: readonly Word[],
  stops: boolean,
  field: Word,
  faults: Faults,
): RewriteRule | undefined {
  const form = 'cname [exact|prefix|suffix|substring|regex] FROM TO';
  const matched = readMatched(words, 2, field, faults, form, true);
  if (matched === undefined || isLonger(matched, 1, faults, form)) return undefined;
  const to = readTarget(matched.rest[0]!, matched.pattern, faults, true);
  return to === undefined ? undefined : cnameRule(stops, matched.pattern, to);
}

function readEdns(
  words: readonly Word[],
  stops: boolean,
  field: Word,
  faults: Faults,
): RewriteRule | undefined {
  const action = readEdnsAction(words, field, faults);
  if (action === undefined) return undefined;
  faults.warn(
    field,
    'EDNS options are not passed on to servers: this rule changes nothing, and is taken for matched where CoreDNS takes it so.',
  );
  return idleRule(stops, action !== 'replace');
}

function readTwo(
  words: readonly Word[],
  field: Word,
  faults: Faults,
  numberOf: (name: string) => number | undefined,
  known: readonly string[],
): [number, number] | undefined {
  if (words.length !== 2) {
    faults.refuse(words[2] ?? field, `\`rewrite ${field.text}\` takes two words: FROM and TO.`);
    return undefined;
  }
  const numbers = words.map((word) => {
    const number = numberOf(word.text.toUpperCase());
    if (number === undefined)
      faults.refuse(word, `${quoted(word)} is no ${field.text.toLowerCase()}.`, known);
    return number;
  });
  const [from, to] = numbers;
  return from === undefined || to === undefined ? undefined : [from, to];
}

/** By name in any case, or by number. */
function readNumberedRcode(word: Word, faults: Faults): number | undefined {
  const byNumber = /^\d{1,2}$/.test(word.text) && Number(word.text) <= 23 ? Number(word.text) : undefined;
  const rcode = byNumber ?? rcodeNumber(word.text.toUpperCase());
  if (rcode === undefined)
    faults.refuse(word, `${quoted(word)} is no response code, such as NXDOMAIN or SERVFAIL.`, rcodeNames);
  else if (rcode > 15)
    faults.warn(
      word,
      `${rcodeName(rcode)} needs EDNS, which answers that are kept do not have: it is SERVFAIL.`,
    );
  return rcode;
}

function isLonger({ rest }: Matched, most: number, faults: Faults, form: string): boolean {
  const extra = rest[most];
  if (extra !== undefined) faults.refuse(extra, `${quoted(extra)} is one word too many: \`${form}\`.`);
  return extra !== undefined;
}
