// unanswered — finds in another process's arena what it received and did not answer.

import {
  CELL_ADDRESS,
  CELL_ADDRESS_LENGTH,
  CELL_LENGTH,
  CELL_PAYLOAD,
  CELL_STATE,
  CELL_TAG,
} from 'node-reuseport';
import {
  CELL_SEQUENCE,
  CONNECTION_TAG,
  FREE,
  PARKED_MOST,
  TRIED,
  ZERO_TAIL,
} from '../../src/handover/arena-words.ts';
import type { Unanswered } from '../../src/handover/handover.ts';
import type { Layout } from '../../src/handover/layout.ts';

const AF_INET = 2;
const AF_INET6 = 10;

/** All unanswered queries, oldest first: those that were parked came before those in the ring. */
export function unanswered(memory: Uint8Array, layout: Layout): readonly Unanswered[] {
  const { ring, cells, payload, stride, lengths, lengthStride, firstCell, tag } = layout;
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  const found: Unanswered[] = [];
  const look = (place: number, length: number, tagOf: (header: Int32Array) => number) => {
    if (length < 0 || length > payload) return;
    const start = firstCell + place * stride;
    const cell = new Uint8Array(CELL_PAYLOAD + length + ZERO_TAIL);
    cell.set(memory.subarray(start, start + CELL_PAYLOAD + length));
    const header = new Int32Array(cell.buffer, 0, CELL_PAYLOAD >> 2);
    const from = tagOf(header);
    const addressLength = addressLengthOf(cell);
    if (addressLength === 0 && from < CONNECTION_TAG) return;
    header[CELL_LENGTH] = length;
    header[CELL_TAG] = from; // in the ring it may be that of the batch before
    header[CELL_ADDRESS_LENGTH] = addressLength;
    found.push({ place, cell, length, tag: from, triedBefore: header[CELL_STATE] === TRIED });
  };
  const parkedEnd = Math.min(cells, ring + Math.max(0, words[PARKED_MOST]!));
  for (let place = ring; place < parkedEnd; place++) {
    const header = (firstCell + place * stride) >> 2;
    if (words[header + CELL_STATE] !== FREE)
      look(place, words[header + CELL_LENGTH]!, (copy) => copy[CELL_TAG]!);
  }
  const sequence = ({ cell }: Unanswered) =>
    new Int32Array(cell.buffer, 0, CELL_PAYLOAD >> 2)[CELL_SEQUENCE]!;
  found.sort((a, b) => (sequence(a) - sequence(b)) | 0);
  for (let place = 0; place < ring; place++) {
    const length = words[(lengths + place * lengthStride) >> 2]!;
    if (length !== 0) look(place, length, () => tag);
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** The kernel writes the sender's address; how long it is follows from its family. 0: not an address we answer to. */
function addressLengthOf(cell: Uint8Array): number {
  const family = cell[CELL_ADDRESS]! | (cell[CELL_ADDRESS + 1]! << 8);
  if (family === AF_INET) return 16;
  return family === AF_INET6 ? 28 : 0;
}
