// reply — turns an entry, or a refusal, into the bytes one client gets: its id, its spelling, its size, its EDNS.

import { type Entry, secondsLeft } from '../cache/entry.ts';
import {
  EDE_CACHED_ERROR,
  EDE_LENGTH,
  EDE_NO_REACHABLE_AUTHORITY,
  EDE_STALE,
  EDE_STALE_NXDOMAIN,
  OPT_LENGTH,
  optLength,
  writeOpt,
} from './edns.ts';
import {
  AD,
  ANCOUNT,
  ARCOUNT,
  CD,
  FLAGS,
  HEADER_LENGTH,
  OPCODE_MASK,
  QDCOUNT,
  QR,
  RA,
  RCODE_MASK,
  RD,
  readUint16,
  SERVFAIL,
  TC,
  writeUint16,
  writeUint32,
} from './message.ts';
import type { Query } from './query.ts';
import { walkRecords } from './records.ts';

/** TTL of an answer that has outlived its own (RFC 8767 section 5.11: 30 seconds). */
export const STALE_TTL = 30;

/** Room a reply may need beside its entry's own bytes: the OPT record. */
export const REPLY_SLACK = OPT_LENGTH + EDE_LENGTH;

/** The bits every reply of ours copies from its query. */
const COPIED = RD | CD | OPCODE_MASK;

/**
 * Writes the answer at `offset` of `out` and returns its length, at most `limit`. The cost is a copy of the entry, its
 * TTLs and the client's own question over it; a reply over the limit is cut at a record's border.
 */
export function composeAnswer(
  entry: Entry,
  query: Query,
  out: Buffer,
  offset: number,
  limit: number,
  now: number,
): number {
  const stale = entry.ttl > 0 && now >= entry.expires;
  let length = out.write(entry.wire, offset, 'latin1');
  const questionLength = query.nameLength + 4;
  out[offset] = query.bytes[query.start]!;
  out[offset + 1] = query.bytes[query.start + 1]!;
  const authentic = entry.authentic && (query.dnssecOk || query.flags & AD) ? AD : 0;
  let flags = QR | RA | (query.flags & COPIED) | authentic | entry.rcode;
  copyBytes(query.bytes, query.start + HEADER_LENGTH, out, offset + HEADER_LENGTH, questionLength);
  if (entry.ttl > 0) {
    const ttl = stale ? Math.min(STALE_TTL, entry.ttl) : secondsLeft(entry, now);
    const { ttlOffsets } = entry;
    for (let i = 0; i < ttlOffsets.length; i++) writeUint32(out, offset + ttlOffsets.charCodeAt(i), ttl);
  }
  let ede = explanation(entry, stale, now);
  let opt = optLength(query, ede);
  if (length + opt > limit && ede >= 0) {
    ede = -1; // never an explanation instead of a record (RFC 8914 section 3)
    opt = optLength(query, ede);
  }
  if (length + opt > limit) {
    const cut = cutRecords(out, offset, length, query.nameLength, limit - opt);
    if (cut.truncated) flags |= TC;
    length = cut.length;
  }
  writeUint16(out, offset + FLAGS, flags);
  if (opt > 0) {
    writeUint16(out, offset + ARCOUNT, readUint16(out, offset + ARCOUNT) + 1);
    writeOpt(query, 0, ede, out, offset + length);
  }
  return length + opt;
}

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
  writeUint16(out, offset + FLAGS, QR | RA | (query.flags & COPIED) | (rcode & 0xf));
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
 * Writes a failure that repeats the whole message: for one that nobody shall look at. Nothing but the header is read.
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

/** The Extended DNS Error that tells why this is not simply the answer; -1 when it is. */
function explanation(entry: Entry, stale: boolean, now: number): number {
  if (entry.kind === 'failure') return now > entry.stored ? EDE_CACHED_ERROR : EDE_NO_REACHABLE_AUTHORITY;
  if (!stale) return -1;
  return entry.kind === 'denial' ? EDE_STALE_NXDOMAIN : EDE_STALE;
}

/**
 * Drops whole records from the end until `room` suffices and corrects the counts. Losing additional records only is no
 * truncation (RFC 2181 section 9); clients that cannot do TCP can still use the records that fit.
 */
function cutRecords(
  out: Uint8Array,
  offset: number,
  length: number,
  nameLength: number,
  room: number,
): { length: number; truncated: boolean } {
  const kept = [0, 0, 0] as [number, number, number];
  let truncated = false;
  let additional = offset + HEADER_LENGTH + nameLength + 4;
  const end = walkRecords(out, offset, length, nameLength, (record) => {
    if (record.end - offset <= room) {
      kept[record.section]++;
      if (record.section < 2) additional = record.end;
      return true;
    }
    truncated = record.section < 2;
    return false;
  });
  if (!truncated) kept[2] = 0; // half an RRset would pass for a whole one
  for (const section of [0, 1, 2] as const) writeUint16(out, offset + ANCOUNT + 2 * section, kept[section]);
  return { length: truncated ? end - offset : additional - offset, truncated };
}

/** For the few bytes of a question a loop beats the native copy's call. */
function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) to[toOffset + i] = from[fromOffset + i]!;
}
