// record-text — reads one record as a zone file has it (RFC 1035 section 5.1): owner, TTL and class in any order, type, data.
//
//   www.example. 60 IN A 192.0.2.1      example. SOA ns.example. root.example. (1 3600 600 86400 120)
//   _dns.example. HTTPS 1 . alpn=h3,h2  x.example. 60 TYPE65280 \# 3 abcdef
//
// Names are absolute whether they end in a dot or not. A TTL that is not given is an hour, a class that is not given IN.

import { classNumber, typeNumber } from '../message/type-names.ts';
import type { ResourceRecord } from './message.ts';
import { readFields } from './rdata-text.ts';
import { parseName } from './wire-name.ts';
import { readSeconds, tokensOf } from './zone-words.ts';

const DEFAULT_TTL = 3600;

/** A record, or a sentence that says what is wrong with its text. */
export function readRecordText(text: string): ResourceRecord | string {
  const tokens = tokensOf(text);
  if (typeof tokens === 'string') return tokens;
  const [first, ...rest] = tokens;
  if (first === undefined) return 'there is no record in it';
  const owner = parseName(first.text);
  if (owner === undefined) return `"${first.text}" is not a name`;
  let ttl: number | undefined;
  let cls: number | undefined;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!.text.toUpperCase();
    const type = typeNumber(word);
    if (type !== undefined && type !== 0) {
      const data = readFields(type, rest.slice(at + 1));
      if (typeof data === 'string') return `${word}: ${data}`;
      return { owner, type, class: cls ?? 1, ttl: ttl ?? DEFAULT_TTL, data };
    }
    const asClass = classNumber(word);
    const asTtl = readSeconds(word);
    if (asClass !== undefined && cls === undefined) cls = asClass;
    else if (asTtl !== undefined && ttl === undefined) ttl = asTtl;
    else return `"${rest[at]!.text}" is no type, class or TTL`;
  }
  return 'it has no type';
}
