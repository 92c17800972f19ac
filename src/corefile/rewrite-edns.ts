// rewrite-edns — `edns0 local|nsid|subnet set|append|replace|unset …`: read to the end, so that what is wrong with it is said.

import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

const actions = ['set', 'append', 'replace', 'unset'] as const;

/** Words behind the action; of `unset`, the second number. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  local: [2, 1],
  nsid: [0, 0],
  subnet: [2, 0],
};

/** The action; undefined, and told, when it is none. */
export function readEdnsAction(
  words: readonly Word[],
  field: Word,
  faults: Faults,
): (typeof actions)[number] | undefined {
  const [kind, action, ...rest] = words;
  if (kind === undefined || action === undefined) {
    faults.refuse(
      kind ?? field,
      '`edns0` needs an option and what to do: `edns0 local|nsid|subnet set|append|replace|unset …`.',
    );
    return undefined;
  }
  const count = Object.hasOwn(counts, kind.text.toLowerCase()) ? counts[kind.text.toLowerCase()] : undefined;
  if (count === undefined)
    faults.refuse(kind, `${quoted(kind)} is no option of \`edns0\`.`, Object.keys(counts));
  const found = actions.find((name) => name === action.text.toLowerCase());
  if (found === undefined)
    faults.refuse(
      action,
      `${quoted(action)} is nothing to do with an option: it is ${actions.join(', ')}.`,
      actions,
    );
  if (count === undefined || found === undefined) return undefined;
  const given = found !== 'unset' && rest.at(-1)?.text === 'revert' ? rest.slice(0, -1) : rest;
  const wanted = count[found === 'unset' ? 1 : 0];
  if (given.length !== wanted) {
    faults.refuse(
      given[wanted] ?? kind,
      `\`edns0 ${kind.text} ${found}\` takes ${wanted} words behind it, not ${given.length}.`,
    );
    return undefined;
  }
  return given.every((word, i) => isValue(kind.text.toLowerCase(), i, word, faults)) ? found : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

function isValue(kind: string, index: number, word: Word, faults: Faults): boolean {
  const most = kind === 'subnet' ? [32, 128][index]! : 65_535;
  const isNumber =
    /^(0[xX][\da-fA-F]{1,4}|0[bB][01]{1,16}|0[oO][0-7]{1,6}|\d{1,5})$/.test(word.text) &&
    Number(word.text) <= most;
  if (isNumber || (kind === 'local' && index === 1)) return true;
  faults.refuse(word, `${quoted(word)} is no number up to ${most}.`);
  return false;
}
