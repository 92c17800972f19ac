// rdata-text — the data of a record from the words that a zone file has for it, field by field of its type.

import { typeNumber } from '../message/type-names.ts';
import { addressBytes } from './ip-address.ts';
import { type Field, layouts } from './rdata.ts';
import { readParams } from './svc-params.ts';
import { parseName } from './wire-name.ts';
import { readSeconds, readString, type Token } from './zone-words.ts';

/** RDATA, or a sentence that says what is wrong. Any type takes the form of RFC 3597 section 5: `\# LENGTH HEX`. */
export function readFields(type: number, tokens: readonly Token[]): Buffer | string {
  if (tokens[0]?.text === '\\#' && !tokens[0].isQuoted) return readGeneric(tokens.slice(1));
  const layout = layouts.get(type);
  if (layout === undefined) return 'its data is written as \\# LENGTH HEX';
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const field of layout) {
    if (toTheEnd.has(field)) {
      const part = readRest(field, tokens.slice(at));
      if (typeof part === 'string') return part;
      parts.push(part);
      at = tokens.length;
      continue;
    }
    const token = tokens[at++];
    if (token === undefined) return `it has ${tokens.length} words of data, not ${layout.length}`;
    const part = readField(field, token.text);
    if (part === undefined) return `"${token.text}" is not ${sentences[field]}`;
    parts.push(part);
  }
  if (at < tokens.length) return `"${tokens[at]!.text}" is more than its data has`;
  const data = Buffer.concat(parts);
  return data.length <= 0xffff ? data : 'its data is longer than 65,535 bytes';
}

// ---------------------------------------------------------------------------------------------------------------------

const toTheEnd: ReadonlySet<Field> = new Set(['strings', 'value', 'hex', 'base64', 'params']);

const sentences: Readonly<Record<Field, string>> = {
  u8: 'a number from 0 to 255',
  u16: 'a number from 0 to 65535',
  u32: 'a number from 0 to 4294967295',
  seconds: 'a number of seconds',
  type: 'a type',
  ipv4: 'an IPv4 address',
  ipv6: 'an IPv6 address',
  name: 'a name',
  string: 'a string of at most 255 bytes',
  strings: 'strings',
  value: 'a value',
  hex: 'hexadecimal digits',
  base64: 'base64',
  params: 'parameters',
};

function readField(field: Field, text: string): Uint8Array | undefined {
  switch (field) {
    case 'u8':
      return readNumber(text, 1);
    case 'u16':
      return readNumber(text, 2);
    case 'u32':
      return readNumber(text, 4);
    case 'seconds': {
      const seconds = readSeconds(text);
      return seconds === undefined ? readNumber(text, 4) : numberBytes(seconds, 4);
    }
    case 'type': {
      const type = typeNumber(text.toUpperCase());
      return type === undefined ? undefined : numberBytes(type, 2);
    }
    case 'ipv4': {
      const bytes = addressBytes(text);
      return bytes?.length === 4 ? bytes : undefined;
    }
    case 'ipv6': {
      const bytes = addressBytes(text);
      return bytes?.length === 16 ? bytes : undefined;
    }
    case 'name': {
      const name = parseName(text);
      return name === undefined ? undefined : Buffer.from(name, 'latin1');
    }
    case 'string':
      return counted(text);
    default:
      return undefined;
  }
}

function readRest(field: Field, tokens: readonly Token[]): Uint8Array | string {
  const text = tokens.map((token) => token.text).join('');
  switch (field) {
    case 'strings': {
      if (tokens.length === 0) return 'it has no string';
      const strings = tokens.map((token) => counted(token.text));
      const bad = strings.indexOf(undefined);
      if (bad >= 0) return `"${tokens[bad]!.text}" is not ${sentences.string}`;
      return Buffer.concat(strings.filter((bytes) => bytes !== undefined));
    }
    case 'value':
      return (tokens.length === 1 ? readString(text) : undefined) ?? `"${text}" is not one value`;
    case 'hex':
      return /^([\da-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : `"${text}" is not ${sentences.hex}`;
    case 'base64':
      return /^[\w+/]*={0,2}$/.test(text)
        ? Buffer.from(text, 'base64')
        : `"${text}" is not ${sentences.base64}`;
    default:
      return readParams(tokens);
  }
}

function readGeneric([length, ...rest]: readonly Token[]): Buffer | string {
  const hex = rest.map(({ text }) => text).join('');
  const isHex = /^([\da-f]{2})*$/i.test(hex);
  if (!isHex || !/^\d{1,5}$/.test(length?.text ?? '')) return 'its data is written as \\# LENGTH HEX';
  if (Number(length?.text) !== hex.length / 2)
    return `its data has ${hex.length / 2} bytes, not ${length?.text}`;
  return Buffer.from(hex, 'hex');
}

function readNumber(text: string, size: 1 | 2 | 4): Buffer | undefined {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  return number >= 0 && number < 2 ** (8 * size) ? numberBytes(number, size) : undefined;
}

function numberBytes(number: number, size: 1 | 2 | 4): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(number, 0, size);
  return bytes;
}

function counted(text: string): Buffer | undefined {
  const bytes = readString(text);
  return bytes === undefined || bytes.length > 255
    ? undefined
    : Buffer.concat([Buffer.of(bytes.length), bytes]);
}
