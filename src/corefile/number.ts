// number — whole numbers and durations as Go reads them, with what is wrong about those that are none.

import type { Faults, Word } from './directive.ts';
import { quoted } from './fault-list.ts';

export interface NumberRange {
  readonly least?: number;
  readonly most?: number;
}

/** Undefined, and told, when it is none or out of range. @param what it is for, e.g. `the TTL` */
export function readInteger(
  word: Word,
  faults: Faults,
  what: string,
  { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER }: NumberRange = {},
): number | undefined {
  const value = parseInteger(word.text);
  if (value !== undefined && value >= least && value <= most) return value;
  const isDuration = value === undefined && (parseGoDuration(word.text) ?? -1) >= 0;
  faults.refuse(
    word,
    `${what} is ${quoted(word)}: give a whole number${rangeText(least, most)}${isDuration ? ', without a unit' : ''}.`,
  );
  return undefined;
}

/** Milliseconds; undefined, and told, when it is none or out of range. */
export function readDuration(
  word: Word,
  faults: Faults,
  what: string,
  { least = 0, most = Number.MAX_SAFE_INTEGER }: NumberRange = {},
): number | undefined {
  const value = parseGoDuration(word.text);
  if (value !== undefined && value >= least && value <= most) return value;
  const wanted =
    value === undefined
      ? parseInteger(word.text) === undefined
        ? 'not a duration. Give one such as 500ms, 30s or 1h30m'
        : `a duration needs a unit, such as ${word.text.replace(/^[+-]/, '')}s`
      : value < least
        ? `give ${goDuration(least)} or more`
        : `give ${goDuration(most)} or less`;
  faults.refuse(word, `${what} is ${quoted(word)}: ${wanted}.`);
  return undefined;
}

export function parseInteger(text: string): number | undefined {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Milliseconds. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)(0|(?:(?:\d{1,18}\.?\d{0,18}|\.\d{1,18})(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, lengths = ''] = match;
  let total = 0;
  for (const [, number, unit] of lengths.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(number) * milliseconds[unit!]!;
  if (total > LONGEST) return undefined;
  return sign === '-' ? 0 - total : total;
}

// ---------------------------------------------------------------------------------------------------------------------

const milliseconds: Readonly<Record<string, number>> = {
  ...{ h: 3_600_000, m: 60_000, s: 1000, ms: 1 },
  ...{ us: 1e-3, µs: 1e-3, μs: 1e-3, ns: 1e-6 },
};

/** Go counts nanoseconds in 63 bits. */
const LONGEST = 2 ** 63 / 1e6;

function rangeText(least: number, most: number): string {
  const from = least > Number.MIN_SAFE_INTEGER;
  if (from && most < Number.MAX_SAFE_INTEGER) return ` from ${least} to ${most}`;
  return from ? `, ${least} or more` : '';
}

function goDuration(ms: number): string {
  return ms >= 60_000 && ms % 60_000 === 0 ? `${ms / 60_000}m` : ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`;
}
