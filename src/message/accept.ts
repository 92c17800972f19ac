// accept — judges a message by its 12-byte header alone, before anything is parsed.

import { FLAGS, HEADER_LENGTH, OPCODE_MASK, QDCOUNT, QR, readUint16 } from './message.ts';
import type { Query } from './query.ts';

/**
 * serve: a standard query; dropShort, dropResponse: silence, since any reply could be used to make two servers talk
 * to each other for ever; formerr, notimp: told so.
 */
export const acceptances = ['serve', 'dropShort', 'dropResponse', 'formerr', 'notimp'] as const;
export type Acceptance = (typeof acceptances)[number];

/** Reads the flags into `query` and judges the header. Counts are only compared, never trusted (RFC 9267 section 6). */
export function acceptHeader(query: Query): Acceptance {
  if (query.length < HEADER_LENGTH) return 'dropShort';
  const { bytes, start } = query;
  query.flags = readUint16(bytes, start + FLAGS);
  if (query.flags & QR) return 'dropResponse';
  if (query.flags & OPCODE_MASK) return 'notimp';
  return readUint16(bytes, start + QDCOUNT) === 1 ? 'serve' : 'formerr';
}
