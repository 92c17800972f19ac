// misspelt — variables that are almost those of options: what was meant is not done, and nothing else would say so.

import { runOptions } from './option-table.ts';
import type { Environment } from './options.ts';

/** A sentence each. Kubernetes sets variables of its own for Services that are called as we are: those are far from ours. */
export function misspelt(env: Environment): string[] {
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('TWINDNS_') || known.includes(name)) return [];
    const meant = known.find((other) => isNear(name, other));
    return meant === undefined ? [] : [`the variable ${name} means nothing here; ${meant} does`];
  });
}

// ---------------------------------------------------------------------------------------------------------------------

/** The last is that of `twindns status`. */
const known: readonly string[] = [...runOptions.map(({ env }) => env), 'TWINDNS_INSTANCES'];

/** By one slip: a letter too many, too few or another one, or two that have changed places. */
function isNear(one: string, other: string): boolean {
  let begin = 0;
  while (begin < one.length && one[begin] === other[begin]) begin += 1;
  const rest = [one.slice(begin), other.slice(begin)] as const;
  const [a, b] = rest;
  return (
    a.slice(1) === b ||
    a === b.slice(1) ||
    a.slice(1) === b.slice(1) ||
    (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
  );
}
