// functions — what templates may call: the functions of Go's text/template that make text of text, and CoreDNS's parseInt.

import { printf } from './printf.ts';
import { isEqual, isLess, isTrue, parseUint, printed, TemplateError, type Value } from './values.ts';

type Function = (args: readonly Value[]) => Value;

/** `and` and `or` are not among them: they do not look at what they do not need. */
export const functions: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['not', ([value]) => !isTrue(value)],
  ['eq', ([first, ...others]) => atLeast(1, others) && others.some((other) => isEqual(first, other))],
  ['ne', ([a, b, ...rest]) => none(rest) && !isEqual(a, b)],
  ['lt', ([a, b, ...rest]) => none(rest) && isLess(a, b)],
  ['le', ([a, b, ...rest]) => none(rest) && !isLess(b, a)],
  ['gt', ([a, b, ...rest]) => none(rest) && isLess(b, a)],
  ['ge', ([a, b, ...rest]) => none(rest) && !isLess(a, b)],
  ['len', ([value]) => lengthOf(value)],
  ['index', ([value, ...keys]) => keys.reduce(indexed, value)],
  ['slice', ([value, ...bounds]) => sliced(value, bounds)],
  ['print', (args) => sprint(args)],
  ['println', (args) => `${args.map((value) => printed(value)).join(' ')}\n`],
  ['printf', ([format, ...args]) => printf(textOf(format), args)],
  ['parseInt', ([text, base, bits]) => parseUint(textOf(text), numberOf(base), numberOf(bits))],
]);

export const functionNames: ReadonlySet<string> = new Set([...functions.keys(), 'and', 'or']);

// ---------------------------------------------------------------------------------------------------------------------

function atLeast(count: number, args: readonly Value[]): boolean {
  if (args.length < count) throw new TemplateError('a function has too few arguments');
  return true;
}

function none(args: readonly Value[]): boolean {
  if (args.length > 0) throw new TemplateError('a function has too many arguments');
  return true;
}

function textOf(value: Value): string {
  if (typeof value !== 'string') throw new TemplateError('a text is wanted');
  return value;
}

function numberOf(value: Value): number {
  if (typeof value !== 'bigint') throw new TemplateError('a whole number is wanted');
  return Number(value);
}

/** Bytes of a text. */
function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Map) return BigInt(value.size);
  throw new TemplateError('it has no length');
}

function indexed(value: Value, key: Value): Value {
  if (value instanceof Map) return value.get(textOf(key)) ?? '';
  const at = numberOf(key);
  const items = typeof value === 'string' ? Buffer.from(value) : value;
  if (!Array.isArray(items) && !Buffer.isBuffer(items)) throw new TemplateError('it has no index');
  if (at < 0 || at >= items.length) throw new TemplateError(`there is no index ${at}`);
  const item = items[at] as Value;
  return Buffer.isBuffer(items) ? BigInt(items[at]!) : item;
}

function sliced(value: Value, bounds: readonly Value[]): Value {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new TemplateError('it has no parts');
  const whole = typeof value === 'string' ? Buffer.from(value) : (value as readonly Value[]);
  const from = bounds.length > 0 ? numberOf(bounds[0]) : 0;
  const to = bounds.length > 1 ? numberOf(bounds[1]) : whole.length;
  if (from < 0 || to < from || to > whole.length) throw new TemplateError('that part is not there');
  return Buffer.isBuffer(whole) ? whole.toString('utf8', from, to) : whole.slice(from, to);
}

/** A blank goes between two that are no texts. */
function sprint(args: readonly Value[]): string {
  return args
    .map((value, i) => {
      const blank = i > 0 && typeof value !== 'string' && typeof args[i - 1] !== 'string' ? ' ' : '';
      return blank + printed(value);
    })
    .join('');
}
