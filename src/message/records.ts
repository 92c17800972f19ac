// records — walks the resource records of a response once, checking that everything lies inside the message.

import { ANCOUNT, ARCOUNT, HEADER_LENGTH, NSCOUNT, readUint16, readUint32, TYPE_OPT } from './message.ts';
import { skipName } from './name.ts';

/** A response whose question is known to be sound: it lies in `bytes` from `start` for `length`. */
export interface ResponseView {
  bytes: Buffer;
  start: number;
  length: number;
  /** Of the question's name, its root label included. */
  nameLength: number;
}

/** A record of a response; offsets count from the start of the memory, not of the message. */
export interface RecordView {
  section: 0 | 1 | 2;
  owner: number;
  type: number;
  class: number;
  ttlAt: number;
  ttl: number;
  rdata: number;
  rdlength: number;
  /** Offset behind the record. */
  end: number;
}

/** Smallest record: root owner, no RDATA. Counts that promise more than fits are lies (RFC 9267 section 6). */
const SMALLEST_RECORD = 11;

/** Room for every record a message can hold: 64 KiB of the smallest. */
export const MAX_RECORDS = 6000;

/** Reused by every walk; walks do not nest. */
const record: RecordView = {
  section: 0,
  owner: 0,
  type: 0,
  class: 0,
  ttlAt: 0,
  ttl: 0,
  rdata: 0,
  rdlength: 0,
  end: 0,
};

/**
 * Calls `visit` for each record in order; `visit` may return false to stop. Returns the offset behind the last record
 * visited, or -1 when a record does not fit, an OPT stands outside of the additional section, or the counts lie.
 */
export function walkRecords(response: ResponseView, visit: (record: RecordView) => boolean): number {
  const { bytes, start, length, nameLength } = response;
  const end = start + length;
  let at = start + HEADER_LENGTH + nameLength + 4;
  const answers = readUint16(bytes, start + ANCOUNT);
  const authorities = readUint16(bytes, start + NSCOUNT);
  const total = answers + authorities + readUint16(bytes, start + ARCOUNT);
  if (total * SMALLEST_RECORD > end - at) return -1;
  for (let i = 0; i < total; i++) {
    record.section = i < answers ? 0 : i < answers + authorities ? 1 : 2;
    record.owner = at;
    const fixed = skipName(bytes, at, end);
    if (fixed < 0 || fixed + 10 > end) return -1;
    record.type = readUint16(bytes, fixed);
    record.class = readUint16(bytes, fixed + 2);
    record.ttlAt = fixed + 4;
    record.ttl = readUint32(bytes, fixed + 4);
    record.rdlength = readUint16(bytes, fixed + 8);
    record.rdata = fixed + 10;
    record.end = record.rdata + record.rdlength;
    if (record.end > end || (record.type === TYPE_OPT && record.section !== 2)) return -1;
    if (!visit(record)) return at;
    at = record.end;
  }
  return at;
}
