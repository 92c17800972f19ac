// printf — Go's fmt.Sprintf, for the values that templates have: %s %v %q %d %x %X %o %b %c %U %t %f %g %e %%, with flags and widths.

import { printed, TemplateError, type Value } from './values.ts';

/** Characters that a number or a word may be made to have. */
const WIDEST = 256;

export function printf(format: string, args: readonly Value[]): string {
  let used = 0;
  const text = format.replace(
    /%([-+# 0]*)(\d*)(?:\.(\d*))?([a-zA-Z%]?)/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (verb === '') return '%!(NOVERB)';
      if (used >= args.length) return `%!${verb}(MISSING)`;
      const value = args[used++]!;
      const digits = precision === undefined ? undefined : Number(precision);
      return padded(formatted(verb, value, flags, digits) ?? bad(verb, value), flags, Number(width), value);
    },
  );
  if (used >= args.length) return text;
  return `${text}%!(EXTRA ${args
    .slice(used)
    .map((value) => `${kindOf(value)}=${printed(value)}`)
    .join(', ')})`;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Undefined: the verb is none of that value. */
function formatted(
  verb: string,
  value: Value,
  flags: string,
  precision: number | undefined,
): string | undefined {
  if (precision !== undefined && precision > WIDEST) throw new TemplateError('printf: too wide');
  if (verb === 'v') return printed(value);
  if (value === undefined) return undefined;
  if (verb === 't') return typeof value === 'boolean' ? String(value) : undefined;
  if (typeof value === 'bigint') return formattedInteger(verb, value, flags, precision);
  if (typeof value === 'number') return formattedFloat(verb, value, precision);
  if (verb === 's' && typeof value !== 'boolean') return cut(printed(value), precision);
  if (typeof value !== 'string') return undefined;
  if (verb === 'q') return JSON.stringify(cut(value, precision));
  if (verb !== 'x' && verb !== 'X') return undefined;
  const hex = Buffer.from(value).toString('hex');
  return verb === 'X' ? hex.toUpperCase() : hex;
}

const radixes: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2, O: 8 };
const prefixes: Readonly<Record<string, string>> = { x: '0x', X: '0X', o: '0', b: '0b' };

function formattedInteger(
  verb: string,
  value: bigint,
  flags: string,
  precision: number | undefined,
): string | undefined {
  if (verb === 'c') return String.fromCodePoint(Number(value) <= 0x10ffff ? Number(value) : 0xfffd);
  if (verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const radix = radixes[verb];
  if (radix === undefined) return undefined;
  const magnitude = (value < 0n ? -value : value).toString(radix).padStart(precision ?? 0, '0');
  const sign = value < 0n ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  const prefix = verb === 'O' ? '0o' : flags.includes('#') ? (prefixes[verb] ?? '') : '';
  return sign + prefix + (verb === 'X' ? magnitude.toUpperCase() : magnitude);
}

function formattedFloat(verb: string, value: number, precision: number | undefined): string | undefined {
  if (verb === 'f' || verb === 'F') return value.toFixed(Math.min(precision ?? 6, 100));
  if (verb === 'e') return value.toExponential(Math.min(precision ?? 6, 100));
  return verb === 'g' ? String(value) : undefined;
}

function padded(text: string, flags: string, width: number, value: Value): string {
  if (width > WIDEST) throw new TemplateError('printf: too wide');
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const isNumber = typeof value === 'bigint' || typeof value === 'number';
  const sign = isNumber && /^[+-]/.test(text) ? text[0]! : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : [...text].slice(0, precision).join('');
}

function bad(verb: string, value: Value): string {
  if (value === undefined) return `%!${verb}(<nil>)`;
  return `%!${verb}(${kindOf(value)}=${printed(value)})`;
}

function kindOf(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return 'string';
  }
}
