// classify — tells apart success, denial, and everything that must not be kept (RFC 2308 section 2, RFC 2181).

import { mayShrink } from './compress.ts';
import { readEde } from './edns.ts';
import {
  ANCOUNT,
  CLASS_IN,
  FLAGS,
  HEADER_LENGTH,
  NOERROR,
  NXDOMAIN,
  RCODE_MASK,
  readUint16,
  readUint32,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DNAME,
  TYPE_OPT,
  TYPE_RRSIG,
  TYPE_SOA,
} from './message.ts';
import { expandName, isAtOrBelow, sameName, skipName, type Walk } from './name.ts';
import { MAX_RECORDS, type RecordView, type ResponseView, walkRecords } from './records.ts';

/** `relay`: right for the client that asked, not evidence enough to answer other clients with. */
export interface ResponseMeaning {
  kind: 'success' | 'denial' | 'relay';
  /** Lowest TTL of all records, seconds; governs the whole answer (RFC 2181 section 5.2). */
  lowestTtl: number;
  /** Smaller of the SOA's TTL and MINIMUM (RFC 2308 section 5). */
  negativeTtl: number;
  /** Records before the OPT, in all sections. */
  records: number;
  /** Where each one's TTL lies, from the message's start. */
  readonly ttlOffsets: Uint16Array;
  /** Bytes up to the OPT record or the end of the last record. */
  length: number;
  /** Records of the additional section before the OPT. */
  additional: number;
  /** Whether its names may be longer than they need be. */
  mayShrink: boolean;
  extendedRcode: number;
  /** A signature of it has expired. */
  isExpired: boolean;
  /** Of the Extended DNS Error (RFC 8914); -1: there is none. */
  ede: number;
}

/** The alias chain being followed; longer ones are relayed, not kept. */
const MAX_CHAIN = 32;

const target = new Uint8Array(256);
const owner = new Uint8Array(256);
const alias = new Uint8Array(256);
const previous = new Uint8Array(256);
let previousLength = 0;

/** Three for each record: honest messages need one or two. */
const MAX_POINTERS = 3 * MAX_RECORDS;
const walk: Walk = { pointers: 0 };

/** Reused: what `classify` returns is good until it is called again. */
const meaning: ResponseMeaning = {
  kind: 'relay',
  lowestTtl: 0,
  negativeTtl: 0,
  records: 0,
  ttlOffsets: new Uint16Array(MAX_RECORDS),
  length: 0,
  additional: 0,
  mayShrink: false,
  extendedRcode: 0,
  isExpired: false,
  ede: -1,
};

/** What is known of the response being read. Reused, too: closures would be half a kilobyte of garbage for each. */
const reading = {
  bytes: target as Uint8Array,
  start: 0,
  end: 0,
  qtype: 0,
  wallSeconds: (): number => 0,
  targetLength: 0,
  /** Aliases followed. */
  links: 0,
  /** The current target already had its CNAME. */
  aliased: false,
  answered: false,
  keep: true,
  sound: true,
  opts: 0,
};

/** What a response says about its own question; undefined when it is malformed. */
export function classify(response: ResponseView, wallSeconds: () => number): ResponseMeaning | undefined {
  const { bytes, start, length, nameLength } = response;
  const end = start + length;
  const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
  meaning.kind = 'relay';
  meaning.lowestTtl = 0x7fffffff;
  meaning.negativeTtl = -1;
  meaning.records = 0;
  meaning.additional = 0;
  meaning.mayShrink = false;
  meaning.extendedRcode = 0;
  meaning.isExpired = false;
  meaning.ede = -1;
  walk.pointers = MAX_POINTERS;
  reading.bytes = bytes;
  reading.start = start;
  reading.end = end;
  reading.qtype = readUint16(bytes, start + HEADER_LENGTH + nameLength);
  reading.wallSeconds = wallSeconds;
  reading.targetLength = expandName(bytes, start, start + HEADER_LENGTH, end, target, walk);
  reading.links = 0;
  reading.aliased = false;
  reading.answered = false;
  reading.keep = true;
  reading.sound = reading.targetLength > 0;
  reading.opts = 0;
  const behind = walkRecords(response, readRecord);
  if (behind < 0 || !reading.sound) return undefined;
  meaning.length = behind - start;
  if (!reading.keep) return meaning;
  if (rcode === NOERROR && reading.answered) meaning.kind = 'success';
  else if (
    meaning.negativeTtl >= 0 &&
    (rcode === NXDOMAIN || (rcode === NOERROR && !isOtherAnswer(bytes, start, reading.links)))
  ) {
    meaning.kind = 'denial';
  }
  return meaning;
}

/** False: there is nothing more to read, or no use in reading it. */
function readRecord(record: RecordView): boolean {
  const { bytes, start } = reading;
  if (record.type === TYPE_OPT) {
    if (++reading.opts > 1 || bytes[record.owner] !== 0) reading.sound = false;
    meaning.extendedRcode = record.ttl >>> 24;
    meaning.ede = readEde(bytes, record.rdata, record.end);
    return false; // records behind an OPT are TSIG at most: hop by hop like itself
  }
  if (record.section === 0) reading.sound &&= readAnswer(record);
  else if (record.section === 1) reading.sound &&= readAuthority(record);
  else meaning.additional++;
  meaning.ttlOffsets[meaning.records++] = record.ttlAt - start;
  meaning.mayShrink ||= mayShrink(bytes, record.owner, record.type);
  meaning.lowestTtl = Math.min(meaning.lowestTtl, positive(record.ttl));
  return reading.sound;
}

/** False: malformed. */
function readAnswer(record: RecordView): boolean {
  const { bytes, start, end, qtype, targetLength } = reading;
  if (record.class !== CLASS_IN) {
    reading.keep = false;
    return true;
  }
  if (record.type === TYPE_RRSIG && record.rdlength >= 18 && qtype !== TYPE_RRSIG) {
    const expires = readUint32(bytes, record.rdata + 8);
    // Serial arithmetic, RFC 4034 section 3.1.5.
    if (((expires - reading.wallSeconds()) | 0) <= 0) meaning.isExpired = true;
    reading.keep &&= !meaning.isExpired;
    return true;
  }
  const ownerLength = expandName(bytes, start, record.owner, end, owner, walk);
  if (ownerLength < 0) return false;
  if (record.type === TYPE_CNAME && qtype !== TYPE_CNAME && qtype !== TYPE_ANY) {
    // Else it would be read out of what follows: of the twin, which is told without that, it would be refused.
    if (skipName(bytes, record.rdata, record.end) !== record.end) return false;
    const aliasLength = expandName(bytes, start, record.rdata, end, alias, walk);
    if (aliasLength < 0) return false;
    if (reading.aliased && sameName(owner, ownerLength, previous, previousLength)) {
      reading.keep &&= sameName(alias, aliasLength, target, targetLength); // RFC 2181 section 10.1: one alias a name
      return true;
    }
    if (!sameName(owner, ownerLength, target, targetLength)) return true;
    if (++reading.links > MAX_CHAIN) reading.keep = false;
    previous.set(target);
    previousLength = targetLength;
    target.set(alias);
    reading.targetLength = aliasLength;
    reading.aliased = true;
    return true;
  }
  if (record.type === TYPE_DNAME && qtype !== TYPE_DNAME) return true;
  if ((record.type === qtype || qtype === TYPE_ANY) && sameName(owner, ownerLength, target, targetLength))
    reading.answered = true;
  return true;
}

/** False: malformed. */
function readAuthority(record: RecordView): boolean {
  const { bytes, start, end } = reading;
  if (record.type !== TYPE_SOA || record.class !== CLASS_IN) return true;
  const ownerLength = expandName(bytes, start, record.owner, end, owner, walk);
  if (ownerLength < 0) return false;
  if (!isAtOrBelow(target, reading.targetLength, owner, ownerLength)) return true; // RFC 2308 section 3
  const rname = skipName(bytes, record.rdata, record.end);
  const numbers = rname < 0 ? -1 : skipName(bytes, rname, record.end);
  if (numbers < 0 || numbers + 20 > record.end) return false;
  const minimum = readUint32(bytes, numbers + 16);
  meaning.negativeTtl = Math.min(positive(record.ttl), positive(minimum));
  return true;
}

/** An answer section that holds more than the aliases followed answers some other question. */
function isOtherAnswer(bytes: Uint8Array, start: number, links: number): boolean {
  return readUint16(bytes, start + ANCOUNT) > 0 && links === 0;
}

/** TTLs with the top bit set count as 0 (RFC 2181 section 8). */
function positive(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}
