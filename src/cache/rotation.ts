// rotation — the addresses of an answer in another order each second, so that clients which take the first go to all of them in
// turn. The order follows from the clock alone: both levels of the cache, and both twins, give the same at any moment.

import { ANCOUNT, copyBytes, readUint16, TYPE_A, TYPE_AAAA } from '../message/message.ts';

/** Records that can change places: `count` of `size` bytes each, from `first` on, which counts from the message's start. */
export interface Rotating {
  first: number;
  size: number;
  count: number;
}

/** Bytes of a record from its owner, a pointer, to its TTL; and to its RDATA. */
const BEFORE_TTL = 6;
const BEFORE_RDATA = 12;
/** More addresses stay as they are: they are too many for the clients that take the first. */
const MOST = 64;

const ring = new Uint8Array(MOST * (BEFORE_RDATA + 16));
/** Reused by every look. */
const rotating: Rotating = { first: 0, size: 0, count: 0 };

/**
 * The addresses at the end of an answer section, all of one name; `count` is 0 when there are none to rotate. What it returns is
 * good until it is called again.
 * @param ttlOffsets where the TTL of each record of the message at `at` lies, one a character
 */
export function rotatingIn(bytes: Uint8Array, at: number, ttlOffsets: string): Rotating {
  const answers = readUint16(bytes, at + ANCOUNT);
  rotating.count = 0;
  if (answers < 2 || answers > MOST) return rotating;
  const last = ttlOffsets.charCodeAt(answers - 1) - BEFORE_TTL;
  const type = readUint16(bytes, at + last + 2);
  if (type !== TYPE_A && type !== TYPE_AAAA) return rotating;
  const size = BEFORE_RDATA + (type === TYPE_A ? 4 : 16);
  const owner = readUint16(bytes, at + last);
  if (owner < 0xc000) return rotating;
  let count = 0;
  for (let first = last; ; first -= size) {
    const isNext =
      ttlOffsets.charCodeAt(answers - 1 - count) === first + BEFORE_TTL &&
      readUint16(bytes, at + first) === owner &&
      readUint16(bytes, at + first + 2) === type &&
      readUint16(bytes, at + first + BEFORE_RDATA - 2) === size - BEFORE_RDATA;
    if (isNext) rotating.first = first;
    if (!isNext || ++count === answers) break;
  }
  rotating.size = size;
  rotating.count = count < 2 ? 0 : count;
  return rotating;
}

/** Takes the addresses of the message at `at` so many steps further round. */
export function rotate(bytes: Uint8Array, at: number, { first, size, count }: Rotating, steps: number): void {
  const by = (steps % count) * size;
  if (by === 0) return;
  const from = at + first;
  const all = count * size;
  copyBytes(bytes, from, ring, 0, by);
  bytes.copyWithin(from, from + by, from + all);
  copyBytes(ring, 0, bytes, from + all - by, by);
}
