// rcode — response codes by the names that CoreDNS has for them.

import { rcodeNames, rcodeNumber } from '../message/rcode-names.ts';
import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

/** Undefined, and told, when it is none. @param anyCase whether `nxdomain` will do */
export function readRcode(word: Word, faults: Faults, anyCase: boolean): number | undefined {
  const code = rcodeNumber(anyCase ? word.text.toUpperCase() : word.text);
  if (code !== undefined) return code;
  const upper = word.text.toUpperCase();
  faults.refuse(
    word,
    rcodeNumber(upper) !== undefined
      ? `response codes are written in upper case: ${upper}, not ${quoted(word)}.`
      : `${quoted(word)} is no response code, such as NXDOMAIN or SERVFAIL.`,
    rcodeNumber(upper) !== undefined ? [] : rcodeNames,
  );
  return undefined;
}
