// cells — what lies in the cells of an arena, and filling in its reply records.

import {
  ADDRESS_BYTES,
  CELL_ADDRESS,
  CELL_ADDRESS_LENGTH,
  CELL_HASH,
  CELL_LENGTH,
  CELL_PAYLOAD,
  formatAddress,
  REPLY_WORDS,
} from 'node-reuseport';

/** A cell's header read, and its bytes: those of the datagram that were kept, and all that is behind them. */
export function readCell(arena, index) {
  const at = index * arena.stride;
  const words = new Int32Array(arena.memory.buffer, arena.memory.byteOffset + at, CELL_PAYLOAD / 4);
  const length = words[CELL_LENGTH];
  const payload = at + CELL_PAYLOAD;
  const kept = Math.min(length, arena.payload);
  return {
    length,
    hash: words[CELL_HASH],
    addressLength: words[CELL_ADDRESS_LENGTH],
    from: formatAddress(arena.memory, at + CELL_ADDRESS),
    bytes: Buffer.from(arena.memory.subarray(payload, payload + kept)),
    tail: arena.memory.subarray(payload + kept, at + arena.stride),
  };
}

/** Changes the port of the sender of a cell, to which answers go. */
export function setPort(arena, index, port) {
  const at = index * arena.stride + CELL_ADDRESS;
  new DataView(arena.memory.buffer, arena.memory.byteOffset + at, ADDRESS_BYTES).setUint16(2, port);
}

/** @param records [cell, region, offset, length] each */
export function fillReplies(arena, records) {
  for (const [index, record] of records.entries()) arena.replies.set(record, index * REPLY_WORDS);
  return records.length;
}
