// replay — finds in a dead twin's arena what it received and did not answer. The memory is read as hostile: its writer may
// have died because it was corrupt.

import {
  ARENA_MAGIC,
  ARENA_VERSION,
  HEAD_FIRST_SLOT,
  HEAD_LENGTH_STRIDE,
  HEAD_LENGTHS,
  HEAD_MAGIC,
  HEAD_PAYLOAD,
  HEAD_RING,
  HEAD_SLOTS,
  HEAD_STRIDE,
  HEAD_TAG,
  HEAD_VERSION,
  SLOT_ADDRESS,
  SLOT_ADDRESS_LENGTH,
  SLOT_LENGTH,
  SLOT_PAYLOAD,
  SLOT_STATE,
  SLOT_TAG,
} from 'node-reuseport';
import { FREE } from '../src/listen/parking-lot.ts';

/** A datagram nobody answered: a slot's header and payload, with zero bytes behind it, copied out of the arena. */
export interface Unanswered {
  readonly slot: Uint8Array;
  /** Bytes of the datagram. */
  readonly length: number;
  /** Which listen address it came to. */
  readonly tag: number;
}

/** Zero bytes readers rely on behind a payload. */
const ZERO_TAIL = 8;
const AF_INET = 2;
const AF_INET6 = 10;

/** All unanswered datagrams, those received last first to be found; undefined when the layout is not one we know. */
export function unanswered(memory: Uint8Array): readonly Unanswered[] | undefined {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  const layout = readLayout(words, memory.byteLength);
  if (layout === undefined) return undefined;
  const { ring, slots, payload, stride, lengths, lengthStride, firstSlot, tag } = layout;
  const found: Unanswered[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const start = firstSlot + slot * stride;
    const header = start >> 2;
    const inRing = slot < ring;
    const length = inRing ? words[(lengths + slot * lengthStride) >> 2]! : words[header + SLOT_LENGTH]!;
    if (inRing ? length === 0 : words[header + SLOT_STATE] === FREE) continue;
    if (length < 0 || length > payload) continue;
    const copy = new Uint8Array(SLOT_PAYLOAD + length + ZERO_TAIL);
    copy.set(memory.subarray(start, start + SLOT_PAYLOAD + length));
    const header32 = new Int32Array(copy.buffer, 0, SLOT_PAYLOAD >> 2);
    const addressLength = addressLengthOf(copy);
    if (addressLength === 0) continue;
    header32[SLOT_LENGTH] = length;
    header32[SLOT_ADDRESS_LENGTH] = addressLength;
    found.push({ slot: copy, length, tag: inRing ? tag : header32[SLOT_TAG]! });
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

function readLayout(words: Int32Array, size: number) {
  if (words.length < 16 || words[HEAD_MAGIC] !== ARENA_MAGIC || words[HEAD_VERSION] !== ARENA_VERSION)
    return undefined;
  const ring = words[HEAD_RING]!;
  const slots = words[HEAD_SLOTS]!;
  const payload = words[HEAD_PAYLOAD]!;
  const stride = words[HEAD_STRIDE]!;
  const lengths = words[HEAD_LENGTHS]!;
  const lengthStride = words[HEAD_LENGTH_STRIDE]!;
  const firstSlot = words[HEAD_FIRST_SLOT]!;
  const positive = [ring, slots, payload, stride, lengths, lengthStride, firstSlot].every(
    (value) => value > 0,
  );
  const aligned = [stride, lengths, lengthStride, firstSlot].every((value) => value % 4 === 0);
  if (!positive || !aligned || ring > slots || SLOT_PAYLOAD + payload + ZERO_TAIL > stride) return undefined;
  if (firstSlot + slots * stride > size || lengths + (ring - 1) * lengthStride + 4 > firstSlot)
    return undefined;
  return { ring, slots, payload, stride, lengths, lengthStride, firstSlot, tag: words[HEAD_TAG]! };
}

/** The kernel writes the sender's address; how long it is follows from its family. 0: not an address we answer to. */
function addressLengthOf(slot: Uint8Array): number {
  const family = slot[SLOT_ADDRESS]! | (slot[SLOT_ADDRESS + 1]! << 8);
  if (family === AF_INET) return 16;
  return family === AF_INET6 ? 28 : 0;
}
