// edns — the OPT record of a query read, and the one of a reply written (RFC 6891). Options stay on their hop.

import {
  ADVERTISED_UDP,
  ARCOUNT,
  BADVERS,
  FORMERR,
  HEADER_LENGTH,
  MAX_UDP_WITHOUT_EDNS,
  NOERROR,
  type Rcode,
  readUint16,
  TYPE_OPT,
  writeUint16,
} from './message.ts';
import { plainNameLength, skipName } from './name.ts';
import type { Query } from './query.ts';

/** Bytes of our OPT record without options. */
export const OPT_LENGTH = 11;
/** Bytes an Extended DNS Error without text adds to it (RFC 8914 section 2). */
export const EDE_LENGTH = 6;
/** Bytes the name of a server may have (RFC 5001), and those of the option that tells it. */
export const MAX_NSID = 255;
export const NSID_LENGTH: number = 4 + MAX_NSID;

export const EDE_OTHER = 0;
export const EDE_STALE = 3;
export const EDE_CACHED_ERROR = 13;
export const EDE_STALE_NXDOMAIN = 19;
export const EDE_NO_REACHABLE_AUTHORITY = 22;
export const EDE_NETWORK_ERROR = 23;

const OPTION_NSID = 3;
const OPTION_EDE = 15;

/** No client sends more additional records: OPT, TSIG and SIG(0) are all there are. */
const MAX_ADDITIONAL = 4;

/** Reads the additional section behind the question. Bytes behind the last counted record are left alone, unread. */
export function readEdns(query: Query): Rcode {
  const { bytes, start } = query;
  const end = start + query.length;
  let at = start + HEADER_LENGTH + query.nameLength + 4;
  const count = readUint16(bytes, start + ARCOUNT);
  query.udpSize = MAX_UDP_WITHOUT_EDNS;
  if (count === 0) return NOERROR;
  if (count > MAX_ADDITIONAL) return FORMERR;
  let version = 0;
  for (let i = 0; i < count; i++) {
    const owner = at;
    at = skipName(bytes, at, end);
    if (at < 0 || at + 10 > end) return FORMERR;
    const rdata = at + 10;
    const rdlength = readUint16(bytes, at + 8);
    if (rdata + rdlength > end) return FORMERR;
    if (readUint16(bytes, at) === TYPE_OPT) {
      if (query.hasEdns || bytes[owner] !== 0 || !optionsFit(bytes, rdata, rdata + rdlength)) return FORMERR;
      query.hasEdns = true;
      query.udpSize = Math.max(MAX_UDP_WITHOUT_EDNS, readUint16(bytes, at + 2));
      version = bytes[at + 5]!;
      query.dnssecOk = (bytes[at + 6]! & 0x80) !== 0;
      query.hasOptions = rdlength > 0;
    }
    at = rdata + rdlength;
  }
  return version === 0 ? NOERROR : BADVERS;
}

/** Whether every option ends inside the record (RFC 6891 section 6.1.2). */
function optionsFit(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + 4 <= end) at += 4 + readUint16(bytes, at + 2);
  return at === end;
}

/** Whether the client wants to know which server answers (RFC 5001 section 2.1). Its EDNS part has to be read. */
export function asksForNsid(query: Query): boolean {
  if (!query.hasOptions) return false;
  const { bytes, start } = query;
  const end = start + query.length;
  let at = start + HEADER_LENGTH + query.nameLength + 4;
  for (let i = readUint16(bytes, start + ARCOUNT); i > 0; i--) {
    const fixed = skipName(bytes, at, end);
    at = fixed + 10 + readUint16(bytes, fixed + 8);
    if (readUint16(bytes, fixed) !== TYPE_OPT) continue;
    for (let option = fixed + 10; option < at; option += 4 + readUint16(bytes, option + 2)) {
      if (readUint16(bytes, option) === OPTION_NSID) return true;
    }
  }
  return false;
}

/**
 * Shortens a query of which only the first `length` bytes are there: when what is missing are options, which stay on their hop in
 * any case, it ends with its OPT record, emptied. Returns its length then; else the same, and it cannot be read.
 */
export function dropCutOptions(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length;
  const name = start + HEADER_LENGTH;
  const nameLength = plainNameLength(bytes, name, end);
  let at = name + nameLength + 4;
  const count = nameLength < 0 ? 0 : Math.min(readUint16(bytes, start + ARCOUNT), MAX_ADDITIONAL);
  for (let i = 1; i <= count && at < end; i++) {
    const fixed = skipName(bytes, at, end);
    if (fixed < 0 || fixed + 10 > end) break;
    at = fixed + 10 + readUint16(bytes, fixed + 8);
    if (readUint16(bytes, fixed) !== TYPE_OPT || at <= end) continue;
    writeUint16(bytes, fixed + 8, 0);
    writeUint16(bytes, start + ARCOUNT, i);
    return fixed + 10 - start;
  }
  return length;
}

/** The Extended DNS Error among the options of an OPT record, its text left out; -1 when there is none. */
export function readEde(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 6 <= end; at += 4 + readUint16(bytes, at + 2)) {
    if (readUint16(bytes, at) === OPTION_EDE && readUint16(bytes, at + 2) >= 2)
      return readUint16(bytes, at + 4);
  }
  return -1;
}

/** Bytes `writeOpt` will write for this query: none unless it had an OPT record (RFC 6891 section 7). */
export function optLength(query: Query, ede: number): number {
  if (!query.hasEdns) return 0;
  const length = ede < 0 ? OPT_LENGTH : OPT_LENGTH + EDE_LENGTH;
  return query.nsid === undefined ? length : length + 4 + query.nsid.length;
}

/** Writes the reply's OPT record: our size, the DO bit copied (RFC 3225 section 3), `ede` unless -1, the query's NSID if it has one. */
export function writeOpt(
  query: Query,
  extendedRcode: number,
  ede: number,
  out: Uint8Array,
  offset: number,
): void {
  out[offset] = 0;
  writeUint16(out, offset + 1, TYPE_OPT);
  writeUint16(out, offset + 3, ADVERTISED_UDP);
  out[offset + 5] = extendedRcode >>> 4;
  out[offset + 6] = 0;
  writeUint16(out, offset + 7, query.dnssecOk ? 0x8000 : 0);
  writeUint16(out, offset + 9, optLength(query, ede) - OPT_LENGTH);
  if (ede >= 0) writeEde(ede, out, offset + OPT_LENGTH);
  if (query.nsid === undefined) return;
  const at = offset + OPT_LENGTH + (ede < 0 ? 0 : EDE_LENGTH);
  writeUint16(out, at, OPTION_NSID);
  writeUint16(out, at + 2, query.nsid.length);
  out.set(query.nsid, at + 4);
}

/** An OPT record that says nothing else; `OPT_LENGTH + EDE_LENGTH` bytes. */
export function writeEdeAlone(ede: number, out: Uint8Array, offset: number): void {
  out.fill(0, offset, offset + OPT_LENGTH);
  writeUint16(out, offset + 1, TYPE_OPT);
  writeUint16(out, offset + 9, EDE_LENGTH);
  writeEde(ede, out, offset + OPT_LENGTH);
}

function writeEde(ede: number, out: Uint8Array, offset: number): void {
  writeUint16(out, offset, OPTION_EDE);
  writeUint16(out, offset + 2, 2);
  writeUint16(out, offset + 4, ede);
}
