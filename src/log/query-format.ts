// query-format — a line of the query log, made of words in braces as CoreDNS has them: `{remote} asked for {name}`.
//
//   {type} {class} {name} {proto} {size} {remote} {port} {local}       of the query
//   {>id} {>opcode} {>do} {>bufsize}                                   of its header and EDNS
//   {rcode} {rsize} {>rflags} {duration}                               of the reply; - where there was none
//   {common} {combined}                                                many of these together
//
// What is in braces and none of these stays as it is, so that a line may itself be JSON.

import { rcodeNames } from '../counters.ts';
import { AA, AD, CD, QR, RA, RD, TC } from '../message/message.ts';
import { className, typeName } from '../message/type-names.ts';

export interface QueryFacts {
  readonly client: { readonly address: string; readonly port: number };
  readonly server: { readonly address: string };
  readonly transport: 'udp' | 'tcp';
  readonly id: number;
  readonly opcode: number;
  /** As text, with the dot at its end, harmless for a terminal. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Bytes. */
  readonly size: number;
  readonly dnssecOk: boolean;
  /** What the client takes over UDP, bytes. */
  readonly udpSize: number;
  /** `flags` is the second word of its header, `size` its bytes; undefined: the client got none. */
  readonly reply: { readonly rcode: number; readonly flags: number; readonly size: number } | undefined;
  /** Milliseconds until the reply. */
  readonly duration: number;
}

type Part = string | ((facts: QueryFacts) => string);

/** A format, ready to be filled in. */
export type QueryFormat = readonly Part[];

const NONE = '-';

const COMMON =
  '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {>rflags} {rsize} {duration}';

const shorthands = { '{common}': COMMON, '{combined}': `${COMMON} "{>opcode}"` } as const;

export const defaultFormat = '{common}';

const words: Readonly<Record<string, (facts: QueryFacts) => string>> = {
  '{type}': ({ type }) => typeName(type),
  '{class}': ({ class: cls }) => className(cls),
  '{name}': ({ name }) => name,
  '{proto}': ({ transport }) => transport,
  '{size}': ({ size }) => String(size),
  '{remote}': ({ client }) => bracketed(client.address),
  '{port}': ({ client }) => String(client.port),
  '{local}': ({ server }) => bracketed(server.address),
  '{>id}': ({ id }) => String(id),
  '{>opcode}': ({ opcode }) => String(opcode),
  '{>do}': ({ dnssecOk }) => String(dnssecOk),
  '{>bufsize}': ({ udpSize }) => String(udpSize),
  '{rcode}': ({ reply }) => (reply === undefined ? NONE : rcodeName(reply.rcode)),
  '{rsize}': ({ reply }) => (reply === undefined ? NONE : String(reply.size)),
  '{>rflags}': ({ reply }) => (reply === undefined ? NONE : flagNames(reply.flags)),
  '{duration}': ({ duration }) => `${seconds(duration)}s`,
};

export function compileQueryFormat(format: string): QueryFormat {
  const parts: Part[] = [];
  let text = '';
  // Of nested braces the innermost pair is looked at: {"size":{size}}.
  for (const piece of expand(format).split(/(\{[^{}]*\})/)) {
    const word = Object.hasOwn(words, piece) ? words[piece] : undefined;
    if (word === undefined) {
      text += piece.startsWith('{/') ? NONE : piece; // metadata, of which there is none here
      continue;
    }
    if (text !== '') parts.push(text);
    text = '';
    parts.push(word);
  }
  return text === '' ? parts : [...parts, text];
}

export function writeQueryLine(format: QueryFormat, facts: QueryFacts): string {
  let line = '';
  for (const part of format) line += typeof part === 'string' ? part : part(facts);
  return line;
}

/** The words in braces of a format that look like one of ours and are none. */
export function unknownWords(format: string): readonly string[] {
  const inBraces = expand(format).match(/\{>?[a-z]+\}/gi) ?? [];
  return [...new Set(inBraces.filter((word) => !Object.hasOwn(words, word)))];
}

// ---------------------------------------------------------------------------------------------------------------------

function expand(format: string): string {
  return format.replace(/\{(?:common|combined)\}/g, (word) => shorthands[word as keyof typeof shorthands]);
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function rcodeName(rcode: number): string {
  return rcode === 16 ? 'BADVERS' : (rcodeNames[rcode] ?? String(rcode));
}

const Z = 0x0040;
const flagBits = [
  [QR, 'qr'],
  [AA, 'aa'],
  [TC, 'tc'],
  [RD, 'rd'],
  [RA, 'ra'],
  [Z, 'z'],
  [AD, 'ad'],
  [CD, 'cd'],
] as const;

function flagNames(flags: number): string {
  let text = '';
  for (const [bit, name] of flagBits) if (flags & bit) text += text === '' ? name : `,${name}`;
  return text;
}

/** Without an exponent, to the microsecond. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(6).replace(/\.?0+$/, '');
}
