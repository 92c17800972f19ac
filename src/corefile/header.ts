// header — flags of queries and responses that are set or cleared, whatever they came with.
//
//   header {
//       query|response set|clear aa|ra|rd…
//   }

import { type FlagChange, type FlagRule, flagChange, headerFlags, QueryFlags } from '../zone/header.ts';
import type { Directive, Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';
import { atMost, noBlock } from './grammar.ts';

export interface HeaderRules {
  /** What servers are asked with; undefined: with what the client asked. */
  readonly query: QueryFlags | undefined;
  /** Undefined where nothing is said of responses. */
  readonly response: FlagChange | undefined;
}

export function readHeader(directives: readonly Directive[], faults: Faults): HeaderRules {
  const rules: Record<Selector, FlagRule[]> = { query: [], response: [] };
  for (const directive of directives) {
    atMost(directive, 0, faults, 'header');
    const { name, body = [] } = directive;
    if (body.length === 0) faults.refuse(name, '`header` needs a block with rules: `response set ra`.');
    for (const line of body) readRule(line, rules, faults);
  }
  const desired = rules.query.findLast(({ flag }) => flag === 'rd');
  return {
    query: desired && new QueryFlags(desired.isSet),
    response: rules.response.length === 0 ? undefined : flagChange(rules.response),
  };
}

// ---------------------------------------------------------------------------------------------------------------------

const selectors = ['query', 'response'] as const;
type Selector = (typeof selectors)[number];
const actions = ['set', 'clear'] as const;

function readRule(line: Directive, rules: Record<Selector, FlagRule[]>, faults: Faults): void {
  noBlock(line, faults);
  const { name } = line;
  const [action, ...flags] = line.args;
  const selector = selectors.find((one) => one === name.text.toLowerCase());
  if (selector === undefined)
    return faults.refuse(
      name,
      `a rule of \`header\` begins with query or response, not with ${quoted(name)}.`,
      selectors,
    );
  const isSet = action && actions.find((one) => one === action.text.toLowerCase());
  if (action === undefined || isSet === undefined)
    return faults.refuse(action ?? name, `behind \`${selector}\` stands set or clear.`, actions);
  if (flags.length === 0) faults.refuse(action, `behind \`${isSet}\` a flag is missing: aa, ra or rd.`);
  for (const word of flags) {
    const flag = readFlag(word, faults);
    if (flag === undefined) continue;
    rules[selector].push({ flag, isSet: isSet === 'set' });
    if (selector === 'query' && flag !== 'rd')
      faults.warn(word, `${quoted(word)} of a query does nothing: servers look at rd alone.`);
  }
}

function readFlag(word: Word, faults: Faults) {
  const flag = headerFlags.find((one) => one === word.text.toLowerCase());
  if (flag === undefined)
    faults.refuse(
      word,
      `${quoted(word)} is no flag that \`header\` changes: it has aa, ra and rd.`,
      headerFlags,
    );
  return flag;
}
