// svc-params — the parameters of SVCB and HTTPS records as text (RFC 9460 section 2.1), written in the order of their keys.

import { addressBytes } from './ip-address.ts';
import { readString, type Token } from './zone-words.ts';

/** Their bytes, or a sentence that says what is wrong. */
export function readParams(tokens: readonly Token[]): Buffer | string {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < tokens.length; at++) {
    const [name, inline] = split(tokens[at]!.text);
    const key = keys[name] ?? numbered(name);
    if (key === undefined) return `"${name}" is no parameter`;
    if (found.has(key)) return `"${name}" is given twice`;
    // alpn="h2,h3": what is quoted is a word of its own behind the equals sign.
    const isNext = inline === '' && tokens[at + 1]?.isQuoted === true;
    const value = readValue(key, isNext ? tokens[++at]!.text : inline);
    if (value === undefined) return `"${tokens[at]!.text}" is not a value of ${name}`;
    found.set(key, value);
  }
  const sorted = [...found].sort(([a], [b]) => a - b);
  return Buffer.concat(sorted.flatMap(([key, value]) => [word(key), word(value.length), value]));
}

// ---------------------------------------------------------------------------------------------------------------------

const keys: Readonly<Record<string, number>> = {
  mandatory: 0,
  alpn: 1,
  'no-default-alpn': 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
  ohttp: 8,
};

function readValue(key: number, text: string | undefined): Buffer | undefined {
  if (key === keys['no-default-alpn'] || key === keys.ohttp)
    return text === undefined ? Buffer.alloc(0) : undefined;
  if (text === undefined) return key > 8 ? Buffer.alloc(0) : undefined;
  const items = text.split(',');
  switch (key) {
    case 0:
      return joined(items.map((item) => wordOrNot(keys[item] ?? numbered(item))));
    case 1:
      return joined(items.map(counted));
    case 3:
      return /^\d{1,5}$/.test(text) && Number(text) <= 0xffff ? word(Number(text)) : undefined;
    case 4:
      return joined(items.map((item) => sized(item, 4)));
    case 6:
      return joined(items.map((item) => sized(item, 16)));
    case 5:
      return /^[\w+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
    default:
      return readString(text);
  }
}

function split(text: string): readonly [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text.toLowerCase(), undefined] : [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
}

/** `key65280`. */
function numbered(name: string): number | undefined {
  const digits = /^key(\d{1,5})$/.exec(name)?.[1];
  return digits === undefined || Number(digits) > 0xfffe ? undefined : Number(digits);
}

function joined(parts: readonly (Buffer | undefined)[]): Buffer | undefined {
  const whole = parts.filter((part) => part !== undefined);
  return whole.length === parts.length ? Buffer.concat(whole) : undefined;
}

function sized(text: string, size: number): Buffer | undefined {
  const bytes = addressBytes(text);
  return bytes?.length === size ? bytes : undefined;
}

function counted(text: string): Buffer | undefined {
  const bytes = readString(text);
  return bytes === undefined || bytes.length === 0 || bytes.length > 255
    ? undefined
    : Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function wordOrNot(number: number | undefined): Buffer | undefined {
  return number === undefined ? undefined : word(number);
}

function word(number: number): Buffer {
  return Buffer.of(number >>> 8, number & 0xff);
}
