// template-data — what the templates of `template` may ask about a question: the fields that CoreDNS gives them.

import { TYPE_ANY } from '../message/message.ts';
import { className, typeName } from '../message/type-names.ts';
import { Structure, type Value } from './go-template/values.ts';
import type { Question, WireName } from './question.ts';
import type { Regex } from './regex.ts';
import { nameText } from './wire-name.ts';

export const CLASS_ANY = 255;

/** Fields of the dot, for what tells a misspelt one from them. */
export const templateFields: readonly string[] = [
  'Zone',
  'Name',
  'Regex',
  'Match',
  'Group',
  'Class',
  'Type',
  'Message',
  'Question',
  'Remote',
  'Meta',
];

/**
 * @param rule what it answers: where a question is for any class or type, a record is of the rule's
 * @param match the whole and the groups of the expression that matched
 */
export function templateData(
  question: Question,
  zone: WireName,
  rule: { readonly class: number; readonly type: number },
  regex: Regex | undefined,
  match: readonly string[],
): Value {
  const name = nameText(question.name);
  const asked = new Structure({
    Name: name,
    Qtype: BigInt(question.type),
    Qclass: BigInt(question.class),
  });
  const groups = new Map<string, Value>(match.map((text, i) => [String(i), text]));
  for (const [group, number] of regex?.names ?? []) groups.set(group, match[number] ?? '');
  return new Structure({
    Zone: nameText(zone),
    Name: name,
    Regex: regex?.source ?? '.*',
    Match: match,
    Group: groups,
    Class: className(question.class === CLASS_ANY ? rule.class : question.class),
    Type: typeName(question.type === TYPE_ANY ? rule.type : question.type),
    Message: new Structure({
      Id: 0n, // it is not the same for all that wait for this answer
      Response: false,
      Opcode: 0n,
      RecursionDesired: question.recursionDesired,
      CheckingDisabled: question.checkingDisabled,
      Question: [asked],
    }),
    Question: asked,
    Remote: question.client.address,
    // No plugin gives metadata here: as where `metadata` is not used.
    Meta: () => '',
  });
}
