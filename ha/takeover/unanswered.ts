// unanswered — finds in another process's arena what it received and did not answer.

import {
  SLOT_ADDRESS,
  SLOT_ADDRESS_LENGTH,
  SLOT_LENGTH,
  SLOT_PAYLOAD,
  SLOT_STATE,
  SLOT_TAG,
} from 'node-reuseport';
import {
  CELL_SEQUENCE,
  CONNECTION_TAG,
  FREE,
  PARKED_MOST,
  TRIED,
  ZERO_TAIL,
} from '../../src/handover/arena-words.ts';
import type { Layout } from '../../src/handover/layout.ts';

/** A query nobody answered: a slot's header and payload, with zero bytes behind it, copied out of the arena. */
export interface Unanswered {
  /** Where it lay. */
  readonly place: number;
  readonly slot: Uint8Array;
  /** Bytes of the message. */
  readonly length: number;
  /** Which listen address it came to; or the connection it came by, when it is at least CONNECTION_TAG. */
  readonly tag: number;
  /** Somebody had it in hand before who then died. */
  readonly triedBefore: boolean;
}

const AF_INET = 2;
const AF_INET6 = 10;

/** All unanswered queries, oldest first: those that were parked came before those in the ring. */
export function unanswered(memory: Uint8Array, layout: Layout): readonly Unanswered[] {
  const { ring, slots, payload, stride, lengths, lengthStride, firstSlot, tag } = layout;
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  const found: Unanswered[] = [];
  const look = (slot: number, length: number, tagOf: (header: Int32Array) => number) => {
    if (length < 0 || length > payload) return;
    const start = firstSlot + slot * stride;
    const copy = new Uint8Array(SLOT_PAYLOAD + length + ZERO_TAIL);
    copy.set(memory.subarray(start, start + SLOT_PAYLOAD + length));
    const header = new Int32Array(copy.buffer, 0, SLOT_PAYLOAD >> 2);
    const from = tagOf(header);
    const addressLength = addressLengthOf(copy);
    if (addressLength === 0 && from < CONNECTION_TAG) return;
    header[SLOT_LENGTH] = length;
    header[SLOT_TAG] = from; // in the ring it may be that of the batch before
    header[SLOT_ADDRESS_LENGTH] = addressLength;
    const triedBefore = header[SLOT_STATE] === TRIED;
    found.push({ place: slot, slot: copy, length, tag: from, triedBefore });
  };
  const parkedEnd = Math.min(slots, ring + Math.max(0, words[PARKED_MOST]!));
  for (let slot = ring; slot < parkedEnd; slot++) {
    const header = (firstSlot + slot * stride) >> 2;
    if (words[header + SLOT_STATE] !== FREE)
      look(slot, words[header + SLOT_LENGTH]!, (copy) => copy[SLOT_TAG]!);
  }
  const sequence = ({ slot }: Unanswered) =>
    new Int32Array(slot.buffer, 0, SLOT_PAYLOAD >> 2)[CELL_SEQUENCE]!;
  found.sort((a, b) => (sequence(a) - sequence(b)) | 0);
  for (let slot = 0; slot < ring; slot++) {
    const length = words[(lengths + slot * lengthStride) >> 2]!;
    if (length !== 0) look(slot, length, () => tag);
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** The kernel writes the sender's address; how long it is follows from its family. 0: not an address we answer to. */
function addressLengthOf(slot: Uint8Array): number {
  const family = slot[SLOT_ADDRESS]! | (slot[SLOT_ADDRESS + 1]! << 8);
  if (family === AF_INET) return 16;
  return family === AF_INET6 ? 28 : 0;
}
