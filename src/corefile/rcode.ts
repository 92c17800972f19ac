// rcode — response codes by the names that CoreDNS has for them.

import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

/** Name → number (RFC 6895 section 2.3); NOTIMPL is an old spelling. */
export const rcodes: ReadonlyMap<string, number> = new Map([
  ...(
    [
      ...[
        'NOERROR',
        'FORMERR',
        'SERVFAIL',
        'NXDOMAIN',
        'NOTIMP',
        'REFUSED',
        'YXDOMAIN',
        'YXRRSET',
        'NXRRSET',
      ],
      ...['NOTAUTH', 'NOTZONE', 'DSOTYPENI'],
    ] as const
  ).map((name, code) => [name, code] as const),
  ...(['BADVERS', 'BADKEY', 'BADTIME', 'BADMODE', 'BADNAME', 'BADALG', 'BADTRUNC', 'BADCOOKIE'] as const).map(
    (name, i) => [name, 16 + i] as const,
  ),
  ['BADSIG', 16],
  ['NOTIMPL', 4],
]);

/** Undefined, and told, when it is none. @param anyCase whether `nxdomain` will do */
export function readRcode(word: Word, faults: Faults, anyCase: boolean): number | undefined {
  const code = rcodes.get(anyCase ? word.text.toUpperCase() : word.text);
  if (code !== undefined) return code;
  const upper = word.text.toUpperCase();
  faults.refuse(
    word,
    rcodes.has(upper)
      ? `response codes are written in upper case: ${upper}, not ${quoted(word)}.`
      : `${quoted(word)} is no response code, such as NXDOMAIN or SERVFAIL.`,
    rcodes.has(upper) ? [] : [...rcodes.keys()],
  );
  return undefined;
}
