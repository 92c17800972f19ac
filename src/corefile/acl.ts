// acl — which clients may ask for what.
//
//   acl [ZONE…] {
//       allow|block|filter|drop [type TYPE…|*] [net ADDRESS|NETWORK…|*]
//   }
//
// Lists and the rules in them are in the order of the file; the first rule that fits decides, and without one all is allowed.

import { typeNames, typeNumber } from '../message/type-names.ts';
import type { Pieces } from '../pieces.ts';
import { Acl, type AclAction, type AclList, type AclRule, aclActions } from '../zone/acl.ts';
import { type Network, parseNetwork } from '../zone/networks.ts';
import { parseName } from '../zone/wire-name.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { noBlock } from './grammar.ts';
import { readZones } from './zone-name.ts';

export function* readAcl(directives: readonly Directive[], faults: Faults): Pieces<Acl> {
  const lists: AclList[] = [];
  for (const directive of directives) lists.push(yield* readList(directive, faults));
  return new Acl(lists);
}

// ---------------------------------------------------------------------------------------------------------------------

const sections = ['type', 'net'] as const;
type Section = (typeof sections)[number];

function* readList({ name, args, body = [] }: Directive, faults: Faults): Pieces<AclList> {
  const zones = readZones(args, faults).map((zone) => parseName(zone === '' ? '.' : zone)!);
  if (body.length === 0) faults.warn(name, '`acl` without rules allows everything: it does nothing.');
  const rules: AclRule[] = [];
  let decidesAll: Word | undefined;
  for (const line of body) {
    yield;
    if (decidesAll !== undefined)
      faults.warn(
        line.name,
        `this rule is never looked at: line ${decidesAll.line} decides for all clients and types.`,
      );
    const rule = readRule(line, faults);
    if (rule === undefined) continue;
    rules.push(rule);
    if (rule.types === undefined && rule.networks === undefined) decidesAll ??= line.name;
  }
  return { zones, rules };
}

function readRule(line: Directive, faults: Faults): AclRule | undefined {
  const { name, args } = line;
  noBlock(line, faults);
  const action = aclActions.find((one: AclAction) => one === name.text.toLowerCase());
  if (action === undefined) {
    faults.refuse(
      name,
      `${quoted(name)} is no action of \`acl\`: it has allow, block, filter and drop.`,
      aclActions,
    );
    return undefined;
  }
  const types = new Set<number>();
  const networks: Network[] = [];
  const isAll: Record<Section, boolean> = { type: true, net: true };
  let section: Section | undefined;
  /** In the section, before a `*`. */
  let words = 0;
  const close = () => {
    if (section !== undefined && words === 0)
      faults.refuse(name, `behind \`${section}\` something is missing: \`*\` is all.`);
  };
  for (const word of args) {
    const begins = sections.find((one) => one === word.text.toLowerCase());
    if (begins !== undefined) {
      close();
      [section, words] = [begins, 0];
      isAll[begins] = false;
    } else if (section === undefined) {
      faults.refuse(word, `${quoted(word)} stands where \`type\` or \`net\` is expected.`, sections);
      return undefined;
    } else {
      words++;
      if (word.text === '*') isAll[section] = true;
      else if (section === 'type') readType(word, types, faults);
      else readNetwork(word, networks, faults);
    }
  }
  close();
  return { action, types: isAll.type ? undefined : types, networks: isAll.net ? undefined : networks };
}

function readType(word: Word, types: Set<number>, faults: Faults): void {
  const type = typeNumber(word.text);
  if (type !== undefined) types.add(type);
  else
    faults.refuse(
      word,
      typeNumber(word.text.toUpperCase()) === undefined
        ? `${quoted(word)} is no record type, nor \`net\`.`
        : `${quoted(word)}: record types are written in upper case.`,
      typeNames,
    );
}

function readNetwork(word: Word, networks: Network[], faults: Faults): void {
  const network = parseNetwork(word.text);
  if (network !== undefined) networks.push(network);
  else
    faults.refuse(
      word,
      `${quoted(word)} is no address or network, such as 192.0.2.1 or 10.0.0.0/8, nor \`type\`.`,
    );
}
