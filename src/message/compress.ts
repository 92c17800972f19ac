// compress — writes a response again with each name as short as it can be: what a server sends over TCP is often not compressed
// at all, and what is kept here has to fit the datagrams of clients that take 512 bytes.
//
//   www.shop.example          the names of a message are a tree of suffixes, each a label on top of another suffix; a name is
//       └ shop.example        written up to the first suffix that lies in the message already, and that is pointed to
//             └ example       (RFC 1035 section 4.1.4)
//
// Owners are compressed, and the names in RDATA of the types of RFC 1035; in other types they must not be (RFC 3597 section 4).
// Suffixes of the question match whatever their case, as each client gets the question in its own spelling; others match to the
// letter. Work is bounded by the bytes of the message: no name is ever expanded, each label is read once.

import {
  CLASS_IN,
  HEADER_LENGTH,
  MAX_LABEL,
  MAX_NAME,
  readUint16,
  TYPE_CNAME,
  TYPE_DNAME,
  TYPE_SOA,
  writeUint16,
} from './message.ts';
import { foldByte, skipName } from './name.ts';
import { MAX_RECORDS, type ResponseView } from './records.ts';

/** A response as it was written again. */
export interface Compressed {
  readonly bytes: Buffer;
  length: number;
  /** Where each record's TTL lies. */
  readonly ttlOffsets: Uint16Array;
}

/** Where the names in an RDATA are: behind `skip` bytes, `count` of them, each sent as short or as long as it can be. */
interface NamesInside {
  readonly skip: number;
  readonly count: number;
  readonly short: boolean;
}

const oneName: NamesInside = { skip: 0, count: 1, short: true };
const twoNames: NamesInside = { skip: 0, count: 2, short: true };

/** RFC 1035's types; and two whose senders must not compress (RFC 2782, RFC 6672 section 2.5), though some did. */
const namesInside: ReadonlyMap<number, NamesInside> = new Map([
  [2, oneName], // NS
  [3, oneName], // MD
  [4, oneName], // MF
  [TYPE_CNAME, oneName],
  [TYPE_SOA, twoNames],
  [7, oneName], // MB
  [8, oneName], // MG
  [9, oneName], // MR
  [12, oneName], // PTR
  [14, twoNames], // MINFO
  [15, { skip: 2, count: 1, short: true }], // MX
  [33, { skip: 6, count: 1, short: false }], // SRV
  [TYPE_DNAME, { skip: 0, count: 1, short: false }],
]);

/** RP, AFSDB, RT, SIG, PX, NXT, NAPTR, KX, A6: some senders point from their RDATA, which then must stay where it is. */
const immovable: ReadonlySet<number> = new Set([17, 18, 21, 24, 26, 30, 35, 36, 38]);

/** Pointers have 14 bits. */
const REACH = 0x4000;
/** Labels, and looks at suffixes alike, that one message may cost; honest ones need a tenth. */
const MOST_WORK = 3 << 16;
const BUCKETS = 4096;
/** A label takes two bytes at least. */
const MOST_SUFFIXES = 1 << 15;

/** Whether a record with its owner at `owner` may be longer than it need be; most are not. */
export function mayShrink(bytes: Uint8Array, owner: number, type: number): boolean {
  const first = bytes[owner]!;
  return (first > 0 && first <= MAX_LABEL) || namesInside.has(type);
}

/**
 * Writes the first `records` records of a response, and what is before them, in `length` bytes; undefined when that is no
 * shorter, or when there is anything that is better left as it came. What it returns is good until it is called again.
 */
export function compress(
  { bytes, start, nameLength }: ResponseView,
  length: number,
  records: number,
): Compressed | undefined {
  message = bytes;
  base = start;
  end = length;
  work = MOST_WORK;
  suffixes = 0;
  buckets.fill(0);
  suffixAt.fill(0, 0, length);
  ignoresCase = MOST_SUFFIXES;
  let at = HEADER_LENGTH + nameLength + 4;
  bytes.copy(out, 0, start, start + at);
  to = HEADER_LENGTH;
  if (!writeName(HEADER_LENGTH, false)) return undefined;
  ignoresCase = suffixes;
  to = at;
  for (let i = 0; i < records; i++) {
    at = writeRecord(at, i);
    if (at < 0 || to > length) return undefined;
  }
  compressed.length = to;
  return to < length ? compressed : undefined;
}

// ---------------------------------------------------------------------------------------------------------------------

/** One record goes beyond the 64 KiB of a message at most. */
const out = Buffer.alloc(3 << 16);
const compressed: Compressed = { bytes: out, length: 0, ttlOffsets: new Uint16Array(MAX_RECORDS) };

/** What is being written again. Offsets count from its start. */
let message: Uint8Array = out;
let base = 0;
let end = 0;
/** Where in `out` goes what comes next. */
let to = 0;
let work = 0;

/** Suffixes are numbered from 1 on; 0 is the root. Each is a label on top of `below`. */
let suffixes = 0;
/** Up to this one they are of the question. */
let ignoresCase = 0;
const below = new Uint16Array(MOST_SUFFIXES);
const labelAt = new Uint16Array(MOST_SUFFIXES);
/** Bytes of the whole suffix, its root aside. */
const sizes = new Uint8Array(MOST_SUFFIXES);
/** Where in `out` it can be pointed to; 0: nowhere yet. */
const placed = new Uint16Array(MOST_SUFFIXES);
/** The next one with that hash. */
const chained = new Uint16Array(MOST_SUFFIXES);
const buckets = new Uint16Array(BUCKETS);
/** By the offset of its first label in the message; 0: not read yet. */
const suffixAt = new Uint16Array(1 << 16);
/** Offsets of the labels of the name being read. */
const labels = new Uint16Array(MAX_NAME);

/** Returns the offset behind the record at `at`, or -1. */
function writeRecord(at: number, index: number): number {
  const fixed = skipName(message, base + at, base + end) - base;
  if (fixed < 0 || fixed + 10 > end || !writeName(at, true)) return -1;
  const type = readUint16(message, base + fixed);
  const rdata = fixed + 10;
  const behind = rdata + readUint16(message, base + fixed + 8);
  if (behind > end || readUint16(message, base + fixed + 2) !== CLASS_IN || immovable.has(type)) return -1;
  compressed.ttlOffsets[index] = to + 4;
  copy(fixed, rdata);
  const written = to;
  const names = namesInside.get(type);
  if (names === undefined) copy(rdata, behind);
  else if (!writeRdata(rdata, behind, names)) return -1;
  writeUint16(out, written - 2, to - written);
  return behind;
}

function writeRdata(from: number, behind: number, { skip, count, short }: NamesInside): boolean {
  let at = from + skip;
  if (at > behind) return false;
  copy(from, at);
  for (let i = 0; i < count; i++) {
    const next = skipName(message, base + at, base + behind) - base;
    if (next < 0 || !writeName(at, short)) return false;
    at = next;
  }
  copy(at, behind);
  return true;
}

function copy(from: number, behind: number): void {
  for (let i = from; i < behind; i++) out[to++] = message[base + i]!;
}

/** Writes the name at `at`; false when it is none, or costs too much. @param short whether it may end in a pointer */
function writeName(at: number, short: boolean): boolean {
  if (!readName(at)) return false;
  for (let next = at; ; ) {
    if (--work < 0) return false;
    const first = message[base + next]!;
    if (first === 0) {
      out[to++] = 0;
      return true;
    }
    if (first > MAX_LABEL) {
      next = pointed(next);
      continue;
    }
    const suffix = suffixAt[next]!;
    const place = placed[suffix]!;
    if (place > 0 && short) {
      writeUint16(out, to, 0xc000 | place);
      to += 2;
      return true;
    }
    if (place === 0 && to < REACH) placed[suffix] = to;
    copy(next, next + first + 1);
    next += first + 1;
  }
}

/** Finds the suffixes the name at `at` consists of; false when it is no name, or costs too much. */
function readName(at: number): boolean {
  let depth = 0;
  let lowest = at;
  let suffix = 0;
  for (let next = at; ; ) {
    if (next >= end || --work < 0) return false;
    suffix = suffixAt[next]!;
    const first = message[base + next]!;
    if (suffix > 0 || first === 0) break;
    if (first > MAX_LABEL) {
      if (first < 0xc0 || next + 2 > end) return false;
      next = pointed(next);
      if (next >= lowest || next < HEADER_LENGTH) return false;
      lowest = next;
    } else {
      if (depth === labels.length) return false;
      labels[depth++] = next;
      next += first + 1;
    }
  }
  while (depth > 0) {
    const label = labels[--depth]!;
    suffix = onTopOf(suffix, label);
    if (suffix < 0) return false;
    suffixAt[label] = suffix;
  }
  return true;
}

function pointed(at: number): number {
  return ((message[base + at]! & 0x3f) << 8) | message[base + at + 1]!;
}

/** The suffix that is this label on top of another one; -1 when no name is that long, or it costs too much. */
function onTopOf(lower: number, label: number): number {
  const length = message[base + label]!;
  let hash = lower;
  for (let i = 0; i <= length; i++) hash = Math.imul(hash ^ foldByte(message[base + label + i]!), 0x01000193);
  const bucket = (hash ^ (hash >>> 15)) & (BUCKETS - 1);
  work -= length;
  for (let suffix = buckets[bucket]!; suffix > 0; suffix = chained[suffix]!) {
    if (--work < 0) return -1;
    if (below[suffix] === lower && sameLabel(suffix, label)) return suffix;
  }
  const size = sizes[lower]! + length + 1;
  if (size >= MAX_NAME || suffixes + 1 === MOST_SUFFIXES) return -1;
  const suffix = ++suffixes;
  below[suffix] = lower;
  labelAt[suffix] = label;
  sizes[suffix] = size;
  placed[suffix] = 0;
  chained[suffix] = buckets[bucket]!;
  buckets[bucket] = suffix;
  return suffix;
}

function sameLabel(suffix: number, label: number): boolean {
  const other = base + labelAt[suffix]!;
  const one = base + label;
  const length = message[one]!;
  if (message[other] !== length) return false;
  work -= length;
  const folds = suffix <= ignoresCase;
  for (let i = 1; i <= length; i++) {
    const a = message[one + i]!;
    const b = message[other + i]!;
    if (a !== b && !(folds && foldByte(a) === foldByte(b))) return false;
  }
  return true;
}
