// accept — judges a message by its 12-byte header alone, before anything is parsed.

import {
  FLAGS,
  FORMERR,
  HEADER_LENGTH,
  NOERROR,
  NOTIMP,
  OPCODE_MASK,
  QDCOUNT,
  QR,
  type Rcode,
  readUint16,
} from './message.ts';
import type { Query } from './query.ts';

/** No RCODE but silence: any reply could be used to make two servers talk to each other for ever. */
export const DROP_SHORT = -1;
export const DROP_RESPONSE = -2;

/** Reads the flags into `query` and judges the header. Counts are only compared, never trusted (RFC 9267 section 6). */
export function acceptHeader(query: Query): Rcode | typeof DROP_SHORT | typeof DROP_RESPONSE {
  if (query.length < HEADER_LENGTH) return DROP_SHORT;
  const { bytes, start } = query;
  query.flags = readUint16(bytes, start + FLAGS);
  if (query.flags & QR) return DROP_RESPONSE;
  if (query.flags & OPCODE_MASK) return NOTIMP;
  return readUint16(bytes, start + QDCOUNT) === 1 ? NOERROR : FORMERR;
}
