// entry-record — an entry as bytes for another instance of this machine, and back; what is read is taken as hostile.
//
//   stored (float64) | length of its zone's suffix | variant of the question | length of the wire form (16 bits) | wire form
//
// Nothing that follows from the wire form is sent: kind, RCODE, TTLs and their places are judged again on arrival, just
// as for an upstream's response. So a record cannot contradict itself, and the receiver's own TTL caps hold. A failure is a
// response without records, and is forgotten by both instances at the same time (RFC 9520). The zone is told by its suffix,
// which ends the name; an instance that would ask elsewhere for the name does not want the answer.
// Times need no translation: all instances of a machine read the same monotonic clock.

import { EDE_LENGTH, OPT_LENGTH, writeEdeAlone } from '../message/edns.ts';
import {
  ARCOUNT,
  CD,
  CLASS_IN,
  FLAGS,
  HEADER_LENGTH,
  OPCODE_MASK,
  QDCOUNT,
  QR,
  RD,
  readUint16,
  writeUint16,
} from '../message/message.ts';
import { plainNameLength } from '../message/name.ts';
import { Query, VARIANT_CD, VARIANT_DO } from '../message/query.ts';
import { deriveKey } from '../message/question.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import { STALE_WINDOW } from './entries.ts';
import type { Entry } from './entry.ts';
import { leaveToAsker } from './prefetch.ts';
import { failureEntry, type JudgedZone, judge } from './verdict.ts';

const STORED = 0;
const SUFFIX_LENGTH = 8;
const VARIANT = 9;
const WIRE_LENGTH = 10;
const WIRE = 12;

/** The longest record: a message may have 65,535 bytes. */
export const LONGEST_RECORD = WIRE + 0xffff;

export interface RecordZone extends JudgedZone {
  /** As folded wire bytes, one a character. */
  readonly suffix: string;
  readonly cache: CachePlan | undefined;
}

/** What a reader of records knows about itself. */
export interface RecordReader {
  /** The zone of a key that begins with a name of `nameLength` bytes, if there is one. */
  zone(key: string, nameLength: number): RecordZone | undefined;
  /** Milliseconds of the monotonic clock. */
  now(): number;
  /** Seconds since 1970. */
  wallSeconds(): number;
}

export function recordLength(entry: Entry): number {
  return WIRE + entry.wire.length + optLength(entry.ede);
}

/** Writes the record at `at`, where there is room for `recordLength` bytes; returns the offset behind it. */
export function writeRecord(out: Buffer, at: number, key: string, entry: Entry, suffix: string): number {
  out.writeDoubleBE(entry.stored, at + STORED);
  out[at + SUFFIX_LENGTH] = suffix.length;
  out[at + VARIANT] = key.charCodeAt(key.length - 1);
  writeUint16(out, at + WIRE_LENGTH, entry.wire.length + optLength(entry.ede));
  const behind = at + WIRE + out.write(entry.wire, at + WIRE, 'latin1');
  if (entry.ede < 0) return behind;
  const count = at + WIRE + ARCOUNT;
  writeUint16(out, count, readUint16(out, count) + 1);
  writeEdeAlone(entry.ede, out, behind);
  return behind + optLength(entry.ede);
}

/** An Extended DNS Error stands where an upstream has it, too. */
function optLength(ede: number): number {
  return ede < 0 ? 0 : OPT_LENGTH + EDE_LENGTH;
}

/** Offset behind the record at `at`; -1 when it does not end before `end`. */
export function recordEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + WIRE > end) return -1;
  const behind = at + WIRE + readUint16(bytes, at + WIRE_LENGTH);
  return behind <= end ? behind : -1;
}

const query = new Query();

/**
 * Reads a record whose end `recordEnd` has found; undefined when there is anything wrong with it. `bytes` is changed, and
 * nothing keeps it.
 */
export function readRecord(
  bytes: Buffer,
  at: number,
  end: number,
  reader: RecordReader,
): { readonly key: string; readonly entry: Entry } | undefined {
  const start = at + WIRE;
  const length = end - start;
  const variant = bytes[at + VARIANT]!;
  // Answers to questions without RD are not kept.
  if ((variant & ~(VARIANT_DO | VARIANT_CD)) !== 0) return undefined;
  if ((readUint16(bytes, start + FLAGS) & (QR | OPCODE_MASK)) !== QR) return undefined;
  if (readUint16(bytes, start + QDCOUNT) !== 1) return undefined;
  if (!readOwnQuestion(bytes, start, length, variant)) return undefined;
  const { key, nameLength } = query;
  query.reset(nothing, 0, 0);
  const zone = reader.zone(key, nameLength);
  if (zone?.cache === undefined || zone.suffix.length !== bytes[at + SUFFIX_LENGTH]) return undefined;
  const stored = bytes.readDoubleBE(at + STORED);
  const now = reader.now();
  if (!(stored <= now)) return undefined; // NaN, too
  const verdict = judge({ bytes, start, length, nameLength }, zone, stored, () => reader.wallSeconds());
  if (verdict.outcome === 'failure') {
    const behind = HEADER_LENGTH + nameLength + 4;
    if (length !== behind + optLength(verdict.ede) || now >= stored + zone.cache.failure) return undefined;
    const question = bytes.toString('latin1', start + HEADER_LENGTH, start + behind);
    return { key, entry: failureEntry(question, zone.index, verdict, stored, zone.cache.failure / 1000) };
  }
  if (verdict.outcome !== 'answer') return undefined;
  const { entry } = verdict;
  const usable = entry.ttl > 0 && now < entry.expires + STALE_WINDOW;
  leaveToAsker(entry, zone.cache.prefetch);
  return usable && verdict.length + optLength(entry.ede) === length ? { key, entry } : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

const nothing = new Uint8Array(0);

/** Derives the key from a response's question; false when that is none we would have asked. */
function readOwnQuestion(bytes: Buffer, start: number, length: number, variant: number): boolean {
  const nameLength = plainNameLength(bytes, start + HEADER_LENGTH, start + length);
  const type = start + HEADER_LENGTH + nameLength;
  if (nameLength < 0 || type + 4 > start + length) return false;
  query.reset(bytes, start, length);
  query.nameLength = nameLength;
  query.type = readUint16(bytes, type);
  query.flags = RD | (variant & VARIANT_CD ? CD : 0);
  query.dnssecOk = (variant & VARIANT_DO) !== 0;
  deriveKey(query);
  return readUint16(bytes, type + 2) === CLASS_IN;
}
