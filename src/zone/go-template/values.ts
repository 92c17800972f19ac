// values — what a template computes with, as Go sees it: what is true, what is equal, and how it is printed.

/** Undefined: nothing is there. Whole numbers are bigint. */
export type Value =
  | string
  | bigint
  | number
  | boolean
  | undefined
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Structure
  | Method;

/** A field that is called with what follows it. */
export type Method = (args: readonly Value[]) => Value;

/** Go's `struct`: it has these fields, and to ask for another one is an error. */
export class Structure {
  readonly #fields: Readonly<Record<string, Value>>;

  constructor(fields: Readonly<Record<string, Value>>) {
    this.#fields = fields;
  }

  /** @throws TemplateError when it has no such field */
  get(field: string): Value {
    if (!Object.hasOwn(this.#fields, field)) throw new TemplateError(`there is no "${field}" in it`);
    return this.#fields[field];
  }
}

/** What a template does cannot be done with the values of this question. */
export class TemplateError extends Error {}

export function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return value !== undefined && value !== '' && value !== 0n && value !== 0 && value !== false;
}

/** @throws TemplateError when they are not of one kind */
export function isEqual(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (typeof a !== typeof b || typeof a === 'object' || typeof a === 'function')
    throw new TemplateError('what is compared is not of one kind');
  return a === b;
}

/** @throws TemplateError when there is no order of them */
export function isLess(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  throw new TemplateError('what is compared is not of one kind');
}

/** As Go's `%v`. @param nothing what is written where nothing is there: a function is told another word than the text */
export function printed(value: Value, nothing = '<nil>'): string {
  if (value === undefined) return nothing;
  if (Array.isArray(value)) return `[${value.map((item: Value) => printed(item)).join(' ')}]`;
  if (value instanceof Map) return `map[${[...value].sort(byKey).map(pair).join(' ')}]`;
  if (typeof value === 'function' || value instanceof Structure) throw new TemplateError('it is no text');
  return String(value);
}

/** Go's ParseUint. @param base 0: by the prefix of `text` @param bits 0: 64 @throws TemplateError when it is no number, or too large */
export function parseUint(text: string, base: number, bits: number): bigint {
  const digits = base === 0 ? text.replaceAll('_', '').toLowerCase() : text.toLowerCase();
  const [, prefix = '', rest = ''] = (base === 0 ? /^(0[xbo]?(?=.))?(.*)$/ : /^()(.*)$/).exec(digits) ?? [];
  const radix =
    base !== 0 ? base : prefix === '' ? 10 : (({ '0x': 16, '0b': 2 } as Record<string, number>)[prefix] ?? 8);
  if (radix < 2 || radix > 36 || rest === '' || rest.length > 64) throw noNumber(text);
  let value = 0n;
  for (const digit of rest) {
    const number = /[\da-z]/.test(digit) ? Number.parseInt(digit, 36) : radix;
    if (number >= radix) throw noNumber(text);
    value = value * BigInt(radix) + BigInt(number);
  }
  if (value >= 1n << BigInt(bits === 0 || bits > 64 ? 64 : bits)) throw noNumber(text);
  return value;
}

// ---------------------------------------------------------------------------------------------------------------------

function byKey([a]: readonly [string, Value], [b]: readonly [string, Value]): number {
  return a < b ? -1 : 1;
}

function pair([key, value]: readonly [string, Value]): string {
  return `${key}:${printed(value)}`;
}

function noNumber(text: string): TemplateError {
  return new TemplateError(`"${text}" is no number of that base and size`);
}
