// bounded-regex — a regular expression of a Corefile, and a bound on all that a file has.

import { compileRegex, type Regex } from '../zone/regex.ts';
import type { Faults } from './directive.ts';

/** An expression, or the end of a sentence that says what is wrong with it. */
export function readBoundedRegex(pattern: string, faults: Faults): Regex | string {
  const before = spent.get(faults) ?? 0;
  if (before > MOST_STATES)
    return `the expressions of the file come to more than ${MOST_STATES} states, and no more are read`;
  const regex = compileRegex(pattern);
  spent.set(faults, before + (typeof regex === 'string' ? pattern.length : regex.size));
  return regex;
}

// ---------------------------------------------------------------------------------------------------------------------

/** A second of compiling, and some hundred bytes each. A list of a thousand names has some ten thousand. */
const MOST_STATES = 200_000;

/** States that expressions have come to, by the file they are told in. */
const spent = new WeakMap<Faults, number>();
