// template — answers made of the question's name.
//
//   template CLASS TYPE [ZONE…] {
//     match REGEX…            answer TEXT…        authority TEXT…        additional TEXT…
//     rcode RCODE             ederror CODE [TEXT]                        fallthrough [ZONE…]
//   }
//
// Each TEXT is a template of Go's text/template that comes to one record of a zone file.

import { wireSuffix } from '../message/name.ts';
import { classNumbers, typeNames, typeNumber } from '../message/type-names.ts';
import type { Pieces } from '../pieces.ts';
import { GoTemplate } from '../zone/go-template/go-template.ts';
import type { Regex } from '../zone/regex.ts';
import type { Step } from '../zone/step.ts';
import { Template, type TemplateRule } from '../zone/template.ts';
import { templateFields } from '../zone/template-data.ts';
import type { BlockContext } from './block-parts.ts';
import { readBoundedRegex } from './bounded-regex.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, eachOption } from './grammar.ts';
import { nearest } from './nearest.ts';
import { readInteger } from './number.ts';
import { readRcode } from './rcode.ts';
import { readZones } from './zone-name.ts';

export function* readTemplates(
  directives: readonly Directive[],
  context: BlockContext,
): Pieces<Step | undefined> {
  const rules: TemplateRule[] = [];
  for (const directive of directives) {
    const rule = readTemplate(directive, context);
    if (rule !== undefined) rules.push(rule);
    yield;
  }
  return rules.length > 0 ? new Template(rules) : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

const form = 'template CLASS TYPE [ZONE…] { … }';

function readTemplate(directive: Directive, { faults, zones }: BlockContext): TemplateRule | undefined {
  const [classWord, typeWord, ...zoneWords] = directive.args;
  if (classWord === undefined || typeWord === undefined) {
    faults.refuse(directive.name, `\`template\` needs a class and a type, such as IN AAAA: \`${form}\`.`);
    return undefined;
  }
  const cls = readUpper(classWord, faults, 'class', (name) => classNumbers.get(name), [
    ...classNumbers.keys(),
  ]);
  const type = readUpper(typeWord, faults, 'type', typeNumber, typeNames);
  const own = zoneWords.length > 0 ? readZones(zoneWords, faults) : zones;
  const regexes: Regex[] = [];
  const records = {
    answer: [] as GoTemplate[],
    authority: [] as GoTemplate[],
    additional: [] as GoTemplate[],
  };
  let rcode = 0;
  let ede = -1;
  let through: readonly string[] = [];
  const reading = (section: keyof typeof records) => (option: Directive) => {
    for (const text of readTexts(option, faults)) records[section].push(text);
  };
  eachOption(directive, faults, {
    match(option) {
      for (const regex of readRegexes(option, faults)) regexes.push(regex);
    },
    answer: reading('answer'),
    authority: reading('authority'),
    additional: reading('additional'),
    rcode(option) {
      const [word] = atMost(option, 1, faults, 'rcode RCODE');
      if (word === undefined) faults.refuse(option.name, '`rcode` needs a response code, such as NXDOMAIN.');
      else rcode = readRcode(word, faults, false) ?? rcode;
    },
    ederror(option) {
      const [code, text] = atMost(option, 2, faults, 'ederror CODE [TEXT]');
      if (code === undefined) faults.refuse(option.name, '`ederror` needs a code, a number (RFC 8914).');
      else ede = readInteger(code, faults, 'the code of `ederror`', { least: 0, most: 65_535 }) ?? ede;
      if (text !== undefined) faults.warn(text, 'clients are told the code of `ederror`, not its text.');
    },
    fallthrough(option) {
      through = option.args.length > 0 ? readZones(option.args, faults) : [''];
    },
    upstream: ({ name }) => faults.warn(name, '`upstream` does nothing: aliases are followed in any case.'),
    var: refuseExpression(faults),
    expr: refuseExpression(faults),
  });
  if (cls === undefined || type === undefined) return undefined;
  return {
    ...{ class: cls, type, regexes, ...records, rcode, ede },
    zones: own.map(wireSuffix),
    through: through.map(wireSuffix),
  };
}

/** As names of the registry are written: `in` is refused, with IN. */
function readUpper(
  word: Word,
  faults: Faults,
  what: string,
  numberOf: (name: string) => number | undefined,
  known: readonly string[],
): number | undefined {
  const number = numberOf(word.text);
  if (number !== undefined) return number;
  const upper = word.text.toUpperCase();
  if (numberOf(upper) !== undefined)
    faults.refuse(word, `a ${what} is written in upper case here: ${upper}, not ${quoted(word)}.`);
  else faults.refuse(word, `${quoted(word)} is no ${what}: \`${form}\`.`, known);
  return undefined;
}

function readRegexes({ name, args }: Directive, faults: Faults): Regex[] {
  if (args.length === 0) faults.refuse(name, '`match` needs a regular expression.');
  return args.flatMap((word) => {
    const regex = readBoundedRegex(word.text, faults);
    if (typeof regex !== 'string') return regex;
    faults.refuse(word, `${quoted(word)} is no regular expression: ${regex}.`);
    return [];
  });
}

function readTexts({ name, args }: Directive, faults: Faults): GoTemplate[] {
  if (args.length === 0)
    faults.refuse(name, `\`${name.text}\` needs a record, such as "{{ .Name }} 60 IN A 192.0.2.1".`);
  return args.flatMap((word) => {
    const template = GoTemplate.parse(word.text);
    if (typeof template === 'string') {
      faults.refuse(word, `the template of \`${name.text}\` is none: ${template}.`);
      return [];
    }
    for (const field of template.fields) warnOfField(word, field, faults);
    return template;
  });
}

/** One misspelt field, and each answer is SERVFAIL. */
function warnOfField(word: Word, field: string, faults: Faults): void {
  if (field === 'Remote')
    faults.warn(word, '.Remote is the client that asks first: its answer is kept, and given to others.');
  if (templateFields.includes(field)) return;
  const meant = nearest(field, templateFields);
  const question = meant === undefined ? '' : ` Did you mean .${meant}?`;
  faults.warn(word, `a question has no .${field}: what asks for it is SERVFAIL.${question}`);
}

function refuseExpression(faults: Faults): (option: Directive) => void {
  return ({ name }) =>
    faults.refuse(
      name,
      `\`${name.text}\` is not taken here: say it with \`match\`, or with {{ if }} in the answer.`,
    );
}
