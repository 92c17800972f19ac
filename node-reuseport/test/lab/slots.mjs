// slots — what lies in the slots of an arena, and filling in its reply records.

import {
  ADDRESS_BYTES,
  formatAddress,
  REPLY_WORDS,
  SLOT_ADDRESS,
  SLOT_ADDRESS_LENGTH,
  SLOT_HASH,
  SLOT_LENGTH,
  SLOT_PAYLOAD,
} from 'node-reuseport';

/** A slot's header read, and its bytes: those of the datagram that were kept, and all that is behind them. */
export function readSlot(arena, index) {
  const at = index * arena.stride;
  const words = new Int32Array(arena.memory.buffer, arena.memory.byteOffset + at, SLOT_PAYLOAD / 4);
  const length = words[SLOT_LENGTH];
  const payload = at + SLOT_PAYLOAD;
  const kept = Math.min(length, arena.payload);
  return {
    length,
    hash: words[SLOT_HASH],
    addressLength: words[SLOT_ADDRESS_LENGTH],
    from: formatAddress(arena.memory, at + SLOT_ADDRESS),
    bytes: Buffer.from(arena.memory.subarray(payload, payload + kept)),
    tail: arena.memory.subarray(payload + kept, at + arena.stride),
  };
}

/** Changes the port of the sender of a slot, to which answers go. */
export function setPort(arena, index, port) {
  const at = index * arena.stride + SLOT_ADDRESS;
  new DataView(arena.memory.buffer, arena.memory.byteOffset + at, ADDRESS_BYTES).setUint16(2, port);
}

/** @param records [slot, region, offset, length] each */
export function fillReplies(arena, records) {
  for (const [index, record] of records.entries()) arena.replies.set(record, index * REPLY_WORDS);
  return records.length;
}
