// reply — replies without records: refusals and failures, with the client's id, spelling and EDNS.

import { EDE_LENGTH, NSID_LENGTH, OPT_LENGTH, optLength, writeOpt } from './edns.ts';
import {
  ARCOUNT,
  COPIED_FLAGS,
  copyBytes,
  FLAGS,
  HEADER_LENGTH,
  MAX_NAME,
  QDCOUNT,
  QR,
  RA,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
  writeUint16,
} from './message.ts';
import type { Query } from './query.ts';

/** The longest that `composeError` writes. */
export const LONGEST_ERROR: number = HEADER_LENGTH + MAX_NAME + 4 + OPT_LENGTH + EDE_LENGTH + NSID_LENGTH;

/**
 * Writes a reply without records: the question echoed when there was one to echo, else the bare header
 * (RFC 8906 section 3). `rcode` may be an extended one. Returns its length.
 */
export function composeError(
  query: Query,
  rcode: number,
  ede: number,
  out: Uint8Array,
  offset: number,
): number {
  const questionLength = query.nameLength > 0 ? query.nameLength + 4 : 0;
  out.fill(0, offset, offset + HEADER_LENGTH);
  out[offset] = query.bytes[query.start]!;
  out[offset + 1] = query.bytes[query.start + 1]!;
  writeUint16(out, offset + FLAGS, QR | RA | (query.flags & COPIED_FLAGS) | (rcode & 0xf));
  if (questionLength > 0) {
    writeUint16(out, offset + QDCOUNT, 1);
    copyBytes(query.bytes, query.start + HEADER_LENGTH, out, offset + HEADER_LENGTH, questionLength);
  }
  const opt = optLength(query, ede);
  if (opt > 0) {
    writeUint16(out, offset + ARCOUNT, 1);
    writeOpt(query, rcode & 0xff0, ede, out, offset + HEADER_LENGTH + questionLength);
  }
  return HEADER_LENGTH + questionLength + opt;
}

/**
 * Writes a failure that repeats the whole message, of which only the header is read: for a query that may crash its reader.
 * Returns its length.
 */
export function composeUnseenFailure(
  bytes: Uint8Array,
  start: number,
  length: number,
  out: Uint8Array,
  offset: number,
): number {
  copyBytes(bytes, start, out, offset, length);
  const flags = readUint16(bytes, start + FLAGS);
  writeUint16(out, offset + FLAGS, (flags & ~RCODE_MASK) | QR | SERVFAIL);
  return length;
}
