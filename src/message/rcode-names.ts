// rcode-names — response codes between their numbers and their names (IANA's registry).

const numbers: ReadonlyMap<string, number> = new Map([
  ['NOERROR', 0],
  ['FORMERR', 1],
  ['SERVFAIL', 2],
  ['NXDOMAIN', 3],
  ['NOTIMPL', 4], // an old spelling
  ['NOTIMP', 4],
  ['REFUSED', 5],
  ['YXDOMAIN', 6],
  ['YXRRSET', 7],
  ['NXRRSET', 8],
  ['NOTAUTH', 9],
  ['NOTZONE', 10],
  ['DSOTYPENI', 11],
  ['BADSIG', 16],
  ['BADVERS', 16],
  ['BADKEY', 17],
  ['BADTIME', 18],
  ['BADMODE', 19],
  ['BADNAME', 20],
  ['BADALG', 21],
  ['BADTRUNC', 22],
  ['BADCOOKIE', 23],
]);

/** The later name of a number holds: 4 is NOTIMP, 16 is BADVERS. */
const names: ReadonlyMap<number, string> = new Map(Array.from(numbers, ([name, number]) => [number, name]));

/** In upper case, as a Corefile writes them. */
export const rcodeNames: readonly string[] = [...numbers.keys()];

/** Undefined where no code has that name; upper case alone. */
export function rcodeNumber(name: string): number | undefined {
  return numbers.get(name);
}

export function rcodeName(rcode: number): string {
  return names.get(rcode) ?? `RCODE${rcode}`;
}
