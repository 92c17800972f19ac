// rewrite-name — the words of `rewrite` that find a name, and what it is to become.

import { type NamePattern, patternKinds, patternText } from '../zone/name-pattern.ts';
import type { Regex } from '../zone/regex.ts';
import type { AnswerRule } from '../zone/rewrite-rule.ts';
import { readBoundedRegex } from './bounded-regex.ts';
import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

export interface Matched {
  readonly pattern: NamePattern;
  /** Words behind the name. */
  readonly rest: readonly Word[];
}

/**
 * `[KIND] NAME …`: the kind stands there where there are more than `least` words. Undefined, and told, when it is none.
 * @param isRaw a prefix, suffix or substring is taken as it stands, without a final dot (`cname`)
 */
export function readMatched(
  words: readonly Word[],
  least: number,
  field: Word,
  faults: Faults,
  form: string,
  isRaw = false,
): Matched | undefined {
  if (words.length < least) {
    faults.refuse(field, `\`rewrite ${field.text}\` has too few words: \`${form}\`.`);
    return undefined;
  }
  if (words.length === least)
    return { pattern: { kind: 'exact', text: fullName(words[0]!) }, rest: words.slice(1) };
  const [kindWord, name, ...rest] = words;
  const kind = patternKinds.find((known) => known === kindWord!.text.toLowerCase());
  if (kind === undefined) {
    faults.refuse(kindWord!, `${quoted(kindWord!)} is no way to find a name: \`${form}\`.`, patternKinds);
    return undefined;
  }
  if (kind !== 'regex') {
    const text = isRaw && kind !== 'exact' ? name!.text.toLowerCase() : fullName(name!);
    return { pattern: { kind, text }, rest };
  }
  const regex = readRegex(isRaw ? { ...name!, text: name!.text.toLowerCase() } : name!, faults);
  return regex && { pattern: { kind, regex }, rest };
}

/** What the name becomes, with the final dot; undefined, and told, when it asks for groups that the expression does not have. */
export function readTarget(
  word: Word,
  pattern: NamePattern,
  faults: Faults,
  isRaw = false,
): string | undefined {
  if (pattern.kind === 'regex' && !hasGroups(word, pattern.regex, faults)) return undefined;
  return isRaw && pattern.kind !== 'exact' ? word.text.toLowerCase() : fullName(word);
}

/** `answer auto | answer name REGEX TO | answer value REGEX TO`, the word `answer` once or each time. */
export function readAnswers(
  words: readonly Word[],
  faults: Faults,
): { auto: boolean; answers: readonly AnswerRule[] } {
  const answers: AnswerRule[] = [];
  let auto: Word | undefined;
  for (let at = 0; at < words.length; ) {
    if (words[at]!.text === 'answer') at++;
    else if (at === 0) {
      faults.refuse(words[0]!, `${quoted(words[0]!)} is one word too many: \`answer …\` may stand there.`, [
        'answer',
      ]);
      return { auto: false, answers };
    }
    const of = words[at];
    const [pattern, to] = words.slice(at + 1, at + 3);
    if (of?.text === 'auto') {
      auto = of;
      at++;
      continue;
    }
    if (
      of === undefined ||
      (of.text !== 'name' && of.text !== 'value') ||
      pattern === undefined ||
      to === undefined
    ) {
      faults.refuse(
        of ?? words[at - 1]!,
        `${quoted(of ?? words[at - 1]!)}: it is \`answer auto\`, \`answer name REGEX TO\` or \`answer value REGEX TO\`.`,
        ['auto', 'name', 'value'],
      );
      return { auto: false, answers };
    }
    const regex = readRegex(pattern, faults);
    if (regex !== undefined && hasGroups(to, regex, faults))
      answers.push({ of: of.text, pattern: { kind: 'regex', regex }, to: fullName(to) });
    at += 3;
  }
  if (auto !== undefined && answers.some(({ of }) => of === 'name'))
    faults.refuse(auto, '`answer auto` and `answer name` are two ways to do the same: keep one of them.');
  return { auto: auto !== undefined, answers };
}

// ---------------------------------------------------------------------------------------------------------------------

/** As CoreDNS takes names: lower case, with the final dot, which a prefix gets, too. */
function fullName({ text }: Word): string {
  const lower = text.toLowerCase();
  return lower.endsWith('.') ? lower : `${lower}.`;
}

function readRegex(word: Word, faults: Faults): Regex | undefined {
  const regex = readBoundedRegex(word.text, faults);
  if (typeof regex !== 'string') return regex;
  faults.refuse(word, `${quoted(word)} is no regular expression (regex): ${regex}.`);
  return undefined;
}

function hasGroups(word: Word, regex: Regex, faults: Faults): boolean {
  const numbers = Array.from(word.text.matchAll(/\{(\d{1,3})\}/g), ([, number]) => Number(number));
  const missing = numbers.find((number) => number > regex.groups);
  if (missing === undefined) return true;
  const has = regex.groups === 1 ? 'one group' : `${regex.groups} groups`;
  faults.refuse(
    word,
    `${quoted(word)} asks for {${missing}}, and ${quoted({ text: patternText({ kind: 'regex', regex }) })} has ${has}.`,
  );
  return false;
}
