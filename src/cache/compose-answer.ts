// compose-answer — turns an entry into the bytes one client gets: its id, its spelling, its size, its EDNS.

import {
  asksForNsid,
  EDE_CACHED_ERROR,
  EDE_LENGTH,
  EDE_STALE,
  EDE_STALE_NXDOMAIN,
  NSID_LENGTH,
  OPT_LENGTH,
  optLength,
  writeOpt,
} from '../message/edns.ts';
import {
  AA,
  AD,
  ANCOUNT,
  ARCOUNT,
  COPIED_FLAGS,
  copyBytes,
  FLAGS,
  HEADER_LENGTH,
  NSCOUNT,
  QR,
  RA,
  readUint16,
  TC,
  writeUint16,
  writeUint32,
} from '../message/message.ts';
import { skipName } from '../message/name.ts';
import type { Query } from '../message/query.ts';
import type { ReplyRules } from '../zone/reply-rules.ts';
import { type Entry, secondsLeft } from './entry.ts';
import { rotate, rotatingIn } from './rotation.ts';

/** TTL of an answer that has outlived its own (RFC 8767 section 5.11: 30 seconds). */
const STALE_TTL = 30;

/** Bytes of a record between its owner and its RDATA. */
const RECORD_FIXED = 10;

/** Room a reply may need beside its entry's own bytes: the OPT record. */
export const REPLY_SLACK: number = OPT_LENGTH + EDE_LENGTH + NSID_LENGTH;

/**
 * Writes the answer at `offset` of `out` and returns its length, at most `limit`. The cost is a copy of the entry, its
 * TTLs and the client's own question over it; a reply over the limit is cut at a record's border.
 * @param rules of the entry's block
 */
export function composeAnswer(
  entry: Entry,
  query: Query,
  out: Buffer,
  offset: number,
  limit: number,
  now: number,
  rules?: ReplyRules,
): number {
  if (rules?.nsid !== undefined && asksForNsid(query)) query.nsid = rules.nsid;
  const stale = entry.ttl > 0 && entry.kind !== 'failure' && now >= entry.expires;
  let ede = explanation(entry, stale, now);
  let opt = optLength(query, ede);
  if (entry.wire.length + opt > limit && ede >= 0) {
    ede = -1; // never an explanation instead of a record (RFC 8914 section 3)
    opt = optLength(query, ede);
  }
  // Of 60 KB that must be cut to 1232 bytes no more is touched than will be sent.
  const room = limit - opt;
  let length = out.write(entry.wire, offset, room, 'latin1');
  const questionLength = query.nameLength + 4;
  out[offset] = query.bytes[query.start]!;
  out[offset + 1] = query.bytes[query.start + 1]!;
  const authentic = entry.authentic && (query.dnssecOk || query.flags & AD) ? AD : 0;
  const authoritative = entry.authoritative ? AA : 0;
  let flags = QR | RA | (query.flags & COPIED_FLAGS) | authoritative | authentic | entry.rcode;
  copyBytes(query.bytes, query.start + HEADER_LENGTH, out, offset + HEADER_LENGTH, questionLength);
  if (entry.ttl > 0) {
    const left = rules?.keepsTtl ? entry.ttl : secondsLeft(entry, now);
    const ttl = stale ? Math.min(STALE_TTL, entry.ttl) : left;
    const { ttlOffsets } = entry;
    for (let i = 0; i < ttlOffsets.length; i++) {
      const at = ttlOffsets.charCodeAt(i);
      if (at + 4 > length) break;
      writeUint32(out, offset + at, ttl);
    }
  }
  if (length < entry.wire.length) {
    const cut = cutRecords(out, offset, query.nameLength, room);
    if (cut.truncated) flags |= TC;
    length = cut.length;
  } else {
    const rotating = rotatingIn(out, offset, entry.ttlOffsets);
    if (rotating.count > 0) {
      if (rules?.order === undefined) rotate(out, offset, rotating, Math.floor(now / 1000));
      else rules.order.arrange(out, offset, rotating);
    }
  }
  if (rules !== undefined) flags = (flags | rules.set) & ~rules.clear;
  writeUint16(out, offset + FLAGS, flags);
  if (opt > 0) {
    writeUint16(out, offset + ARCOUNT, readUint16(out, offset + ARCOUNT) + 1);
    writeOpt(query, 0, ede, out, offset + length);
  }
  return length + opt;
}

// ---------------------------------------------------------------------------------------------------------------------

/** The Extended DNS Error that tells why this is not simply the answer; -1 when it is. */
function explanation(entry: Entry, stale: boolean, now: number): number {
  if (stale) return entry.kind === 'denial' ? EDE_STALE_NXDOMAIN : EDE_STALE;
  return entry.kind === 'failure' && entry.ede < 0 && now > entry.stored ? EDE_CACHED_ERROR : entry.ede;
}

/**
 * Keeps the whole records that end within `room`, which is all that was written, and corrects the counts. Losing additional
 * records only is no truncation (RFC 2181 section 9); clients that cannot do TCP can still use the records that fit.
 */
function cutRecords(
  out: Buffer,
  offset: number,
  nameLength: number,
  room: number,
): { length: number; truncated: boolean } {
  const counts = [ANCOUNT, NSCOUNT, ARCOUNT].map((at) => readUint16(out, offset + at));
  const kept = [0, 0, 0];
  const border = offset + room;
  let end = offset + HEADER_LENGTH + nameLength + 4;
  let additional = end;
  let section = 0;
  for (;;) {
    while (section < 3 && kept[section] === counts[section]) section++;
    const next = section < 3 ? recordEnd(out, end, border) : -1;
    if (next < 0) break;
    kept[section]! += 1;
    end = next;
    if (section < 2) additional = end;
  }
  const truncated = section < 2;
  if (!truncated) kept[2] = 0; // half an RRset would pass for a whole one
  for (let i = 0; i < 3; i++) writeUint16(out, offset + ANCOUNT + 2 * i, kept[i]!);
  return { length: (truncated ? end : additional) - offset, truncated };
}

/** Offset behind the record at `at` of a sound message; -1 when it goes beyond `border`. */
function recordEnd(bytes: Buffer, at: number, border: number): number {
  const fixed = skipName(bytes, at, border);
  if (fixed < 0 || fixed + RECORD_FIXED > border) return -1;
  const end = fixed + RECORD_FIXED + readUint16(bytes, fixed + RECORD_FIXED - 2);
  return end <= border ? end : -1;
}
