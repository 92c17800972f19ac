// message-wire — takes a message of a server apart into records that steps can change, and puts one together again.
//
// What is read was written by others: everything lies inside the message, pointers lead backwards, and all of them together
// lead over no more labels than an honest message has use for. What is written is not as short as it could be: src/message/compress.ts
// sees to that when an answer is kept.

import { EDE_LENGTH, OPT_LENGTH, readEde, writeEdeAlone } from '../message/edns.ts';
import {
  AA,
  AD,
  ANCOUNT,
  ARCOUNT,
  FLAGS,
  HEADER_LENGTH,
  MAX_LABEL,
  MAX_NAME,
  MAX_TCP,
  NSCOUNT,
  QDCOUNT,
  QR,
  RA,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
  TYPE_OPT,
  writeUint16,
  writeUint32,
} from '../message/message.ts';
import { MAX_POINTERS, plainNameLength } from '../message/name.ts';
import { MAX_RECORDS, type RecordView, walkRecords } from '../message/records.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { WireName } from './question.ts';
import { type Field, layoutsWithNames } from './rdata.ts';
import { foldName } from './wire-name.ts';

/**
 * The records of a response with one question, their names whole; undefined when it is malformed. An OPT record gives its part
 * of the RCODE and its Extended DNS Error; what is behind it is hop by hop like itself, and left out.
 */
export function readMessage(bytes: Buffer, start: number, length: number): Message | undefined {
  if (length < HEADER_LENGTH || start < 0 || start + length > bytes.length) return undefined;
  const flags = readUint16(bytes, start + FLAGS);
  const nameLength = plainNameLength(bytes, start + HEADER_LENGTH, start + length);
  if (!(flags & QR) || readUint16(bytes, start + QDCOUNT) !== 1) return undefined;
  if (nameLength < 0 || HEADER_LENGTH + nameLength + 4 > length) return undefined;
  const sections: [ResourceRecord[], ResourceRecord[], ResourceRecord[]] = [[], [], []];
  let rcode = flags & RCODE_MASK;
  let ede = -1;
  let isSound = true;
  reading.bytes = bytes;
  reading.start = start;
  reading.pointers = 3 * MAX_RECORDS;
  const behind = walkRecords({ bytes, start, length, nameLength }, (record) => {
    if (record.type === TYPE_OPT) {
      isSound &&= bytes[record.owner] === 0;
      rcode |= (record.ttl >>> 24) << 4;
      ede = readEde(bytes, record.rdata, record.end);
      return false;
    }
    const read = readRecord(record);
    if (read === undefined) isSound = false;
    else sections[record.section].push(read);
    return isSound;
  });
  reading.bytes = nothing;
  if (behind < 0 || !isSound) return undefined;
  const [answer, authority, additional] = sections;
  return {
    rcode,
    authoritative: (flags & AA) !== 0,
    authentic: (flags & AD) !== 0,
    answer,
    authority,
    additional,
    ede,
  };
}

/**
 * A response to that question, with the id 0, and an OPT only for an Extended DNS Error. An owner that is the question's, or that
 * of the record before, is pointed to. What does not fit 64 KiB goes without additional records; what then does not either, and an
 * RCODE that would need OPT, is SERVFAIL.
 */
export function writeMessage(name: WireName, type: number, cls: number, message: Message): Buffer {
  const { rcode, answer, authority, additional } = message;
  if (rcode > RCODE_MASK) return failure(name, type, cls);
  return (
    write(name, type, cls, message, [answer, authority, additional]) ??
    write(name, type, cls, message, [answer, authority, []]) ??
    failure(name, type, cls)
  );
}

// ---------------------------------------------------------------------------------------------------------------------

const nothing: Buffer = Buffer.alloc(0);

/** The message being read. Names are expanded one at a time, into `expanded`. */
const reading: { bytes: Buffer; start: number; pointers: number } = { bytes: nothing, start: 0, pointers: 0 };
const expanded = Buffer.alloc(MAX_NAME);
/** The longest RDATA: each of its names as long as a name can be. */
const data = Buffer.alloc(0x10000 + 3 * MAX_NAME);
const written = Buffer.alloc(MAX_TCP);

/** Undefined: malformed. */
function readRecord(record: RecordView): ResourceRecord | undefined {
  const { bytes } = reading;
  const { type, ttl, rdata, end } = record;
  if (readName(record.owner, record.ttlAt - 4) !== record.ttlAt - 4) return undefined;
  const owner = expanded.toString('latin1', 0, nameLengthRead);
  const layout = layoutsWithNames.get(type);
  const own =
    layout === undefined || end === rdata
      ? Buffer.from(bytes.subarray(rdata, end))
      : wholeData(record, layout);
  return own && { owner, type, class: record.class, ttl, data: own };
}

/** RDATA with its names whole. Empty RDATA is let be: that is how updates write it (RFC 2136). */
function wholeData({ rdata, end }: RecordView, layout: readonly Field[]): Buffer | undefined {
  const { bytes } = reading;
  let at = rdata;
  let to = 0;
  for (const field of layout) {
    if (field === 'name') {
      at = readName(at, end);
      if (at < 0) return undefined;
      to += expanded.copy(data, to, 0, nameLengthRead);
      continue;
    }
    const behind = fieldEnd(field, at, end);
    if (behind > end) return undefined;
    to += bytes.copy(data, to, at, behind);
    at = behind;
  }
  return at === end ? Buffer.from(data.subarray(0, to)) : undefined;
}

/** Offset behind a field that is no name; may be behind `end`. */
function fieldEnd(field: Field, at: number, end: number): number {
  switch (field) {
    case 'u8':
      return at + 1;
    case 'u16':
    case 'type':
      return at + 2;
    case 'u32':
    case 'seconds':
      return at + 4;
    case 'string':
      return at < end ? at + 1 + reading.bytes[at]! : end + 1;
    default:
      return end;
  }
}

/** Of the name in `expanded`. */
let nameLengthRead = 0;

/**
 * Expands the name at `from`, which ends before `end` where it does not lead elsewhere, into `expanded`, as it is spelled. Returns
 * the offset behind it, or -1.
 */
function readName(from: number, end: number): number {
  const { bytes, start } = reading;
  const fewest = Math.max(reading.pointers - MAX_POINTERS, 0);
  let at = from;
  let limit = end;
  let lowest = from;
  let behind = -1;
  let length = 0;
  for (;;) {
    if (at >= limit) return -1;
    const label = bytes[at]!;
    if (label >= 0xc0) {
      if (at + 2 > limit) return -1;
      const target = start + (((label & 0x3f) << 8) | bytes[at + 1]!);
      if (target >= lowest || target < start + HEADER_LENGTH || reading.pointers-- <= fewest) return -1;
      if (behind < 0) behind = at + 2;
      lowest = target;
      limit = from; // all it can lead to lies before it
      at = target;
      continue;
    }
    if (label > MAX_LABEL || length + label + 1 > MAX_NAME || at + label >= limit) return -1;
    length += bytes.copy(expanded, length, at, at + label + 1);
    at += label + 1;
    if (label > 0) continue;
    nameLengthRead = length;
    return behind < 0 ? at : behind;
  }
}

function write(
  name: WireName,
  type: number,
  cls: number,
  { rcode, authoritative, authentic, ede }: Pick<Message, 'rcode' | 'authoritative' | 'authentic' | 'ede'>,
  sections: readonly (readonly ResourceRecord[])[],
): Buffer | undefined {
  const flags = QR | RA | (authoritative ? AA : 0) | (authentic ? AD : 0) | rcode;
  written.fill(0, 0, HEADER_LENGTH);
  writeUint16(written, FLAGS, flags);
  writeUint16(written, QDCOUNT, 1);
  [ANCOUNT, NSCOUNT, ARCOUNT].forEach((at, i) => {
    writeUint16(written, at, Math.min(sections[i]!.length, 0xffff));
  });
  let at = HEADER_LENGTH + written.write(name, HEADER_LENGTH, 'latin1');
  writeUint16(written, at, type);
  writeUint16(written, at + 2, cls);
  at += 4;
  const asked = foldName(name);
  let previous = asked;
  let previousAt = HEADER_LENGTH;
  for (const { owner, type, class: cls, ttl, data } of sections.flat()) {
    const folded = foldName(owner);
    const pointed = folded === asked ? HEADER_LENGTH : owner === previous ? previousAt : 0;
    const ownerLength = pointed > 0 ? 2 : owner.length;
    if (at + ownerLength + 10 + data.length > MAX_TCP) return undefined;
    if (pointed > 0) {
      writeUint16(written, at, 0xc000 | pointed);
    } else {
      written.write(owner, at, 'latin1');
      previous = owner;
      previousAt = at < 0x4000 ? at : 0;
    }
    at += ownerLength;
    writeUint16(written, at, type);
    writeUint16(written, at + 2, cls);
    writeUint32(written, at + 4, ttl);
    writeUint16(written, at + 8, data.length);
    at += 10 + data.copy(written, at + 10);
  }
  if (ede >= 0) {
    if (at + OPT_LENGTH + EDE_LENGTH > MAX_TCP) return undefined;
    writeUint16(written, ARCOUNT, sections[2]!.length + 1);
    writeEdeAlone(ede, written, at);
    at += OPT_LENGTH + EDE_LENGTH;
  }
  return Buffer.from(written.subarray(0, at));
}

function failure(name: WireName, type: number, cls: number): Buffer {
  const message = { rcode: SERVFAIL, authoritative: false, authentic: false, ede: -1 };
  return write(name, type, cls, message, [[], [], []])!;
}
