// question — reads the question in place and derives the key the cache knows it by.

import { acceptHeader } from './accept.ts';
import { readEdns } from './edns.ts';
import {
  ANCOUNT,
  CD,
  CLASS_IN,
  FORMERR,
  HEADER_LENGTH,
  MAX_NAME,
  NOERROR,
  NOTIMP,
  NSCOUNT,
  type Rcode,
  RD,
  REFUSED,
  readUint16,
  TYPE_ANY,
  TYPE_OPT,
} from './message.ts';
import { foldByte, plainNameLength } from './name.ts';
import { type Query, VARIANT_CD, VARIANT_DO, VARIANT_NO_RD } from './query.ts';

const keyBytes = Buffer.alloc(MAX_NAME + 4);

/**
 * Fills name length, type and class. A compressed QNAME is refused: nothing precedes it that it could point to.
 * Meta types are not for a cache: transfers (RFC 5936) and transaction types are NOTIMP, other classes REFUSED.
 */
export function readQuestion(query: Query): Rcode {
  const { bytes, start } = query;
  const nameStart = start + HEADER_LENGTH;
  const nameLength = plainNameLength(bytes, nameStart, start + query.length);
  if (nameLength < 0 || HEADER_LENGTH + nameLength + 4 > query.length) return FORMERR;
  query.nameLength = nameLength;
  query.type = readUint16(bytes, nameStart + nameLength);
  query.class = readUint16(bytes, nameStart + nameLength + 2);
  if (query.type === TYPE_OPT) return FORMERR;
  if (query.type >= 128 && query.type < TYPE_ANY) return NOTIMP;
  if (readUint16(bytes, start + ANCOUNT) !== 0 || readUint16(bytes, start + NSCOUNT) !== 0) return FORMERR;
  return query.class === CLASS_IN ? NOERROR : REFUSED;
}

/** Name, type and class as they came, one byte a character. */
export function questionText({ bytes, start, nameLength }: Query): string {
  const from = start + HEADER_LENGTH;
  return Buffer.from(bytes.subarray(from, from + nameLength + 4)).toString('latin1');
}

/** Its name as folded wire bytes, one a character. */
export function foldedName({ bytes, start, nameLength }: Query): string {
  for (let i = 0; i < nameLength; i++) keyBytes[i] = foldByte(bytes[start + HEADER_LENGTH + i]!);
  return keyBytes.toString('latin1', 0, nameLength);
}

/**
 * Sets `query.key`: the folded name's wire bytes, the type, the variant; and behind that the audience, but for the first. Needs
 * the question and the EDNS part read.
 */
export function deriveKey(query: Query, audience = 0): void {
  const { bytes, start, nameLength } = query;
  const nameStart = start + HEADER_LENGTH;
  for (let i = 0; i < nameLength; i++) keyBytes[i] = foldByte(bytes[nameStart + i]!);
  keyBytes[nameLength] = query.type >>> 8;
  keyBytes[nameLength + 1] = query.type;
  keyBytes[nameLength + 2] =
    (query.dnssecOk ? VARIANT_DO : 0) |
    (query.flags & CD ? VARIANT_CD : 0) |
    (query.flags & RD ? 0 : VARIANT_NO_RD);
  keyBytes[nameLength + 3] = audience;
  query.key = keyBytes.toString('latin1', 0, nameLength + (audience === 0 ? 3 : 4));
}

/** Reads a query again that was found good before, and has waited for its answer since. */
export function rereadQuery(query: Query, bytes: Uint8Array, start: number, length: number): void {
  query.reset(bytes, start, length);
  acceptHeader(query);
  readQuestion(query);
  readEdns(query);
}
