// layout — what lies where in another process's arena, checked before anything in it is believed: its writer may have died
// because it was corrupt, or be of another version.

import {
  ARENA_MAGIC,
  ARENA_VERSION,
  CELL_PAYLOAD,
  HEAD_CELLS,
  HEAD_FIRST_CELL,
  HEAD_LENGTH_STRIDE,
  HEAD_LENGTHS,
  HEAD_MAGIC,
  HEAD_PAYLOAD,
  HEAD_RECORDS,
  HEAD_RECORDS_SIZE,
  HEAD_RING,
  HEAD_STRIDE,
  HEAD_VERSION,
} from 'node-reuseport';
import { RECORDS_BYTES, ZERO_TAIL } from './arena-words.ts';

/** Byte offsets and sizes of an arena that can be read. */
export interface Layout {
  readonly ring: number;
  readonly cells: number;
  readonly payload: number;
  readonly stride: number;
  readonly lengths: number;
  readonly lengthStride: number;
  readonly firstCell: number;
  readonly records: number;
}

/** The most that an arena of the addon can have (see arena.c): what is more is no arena of ours. */
const MOST_RING = 1024;
const MOST_PARKED = 1 << 16;
const LONGEST_PAYLOAD = 1 << 16;

/** Undefined when the layout is not one we know, or lies about itself. */
export function readLayout(memory: Uint8Array): Layout | undefined {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  if (words.length < 1024 || Atomics.load(words, HEAD_MAGIC) !== ARENA_MAGIC) return undefined;
  if (words[HEAD_VERSION] !== ARENA_VERSION) return undefined;
  const ring = words[HEAD_RING]!;
  const cells = words[HEAD_CELLS]!;
  const payload = words[HEAD_PAYLOAD]!;
  const stride = words[HEAD_STRIDE]!;
  const lengths = words[HEAD_LENGTHS]!;
  const lengthStride = words[HEAD_LENGTH_STRIDE]!;
  const firstCell = words[HEAD_FIRST_CELL]!;
  const records = words[HEAD_RECORDS]!;
  const offsets = [stride, lengths, lengthStride, firstCell, records];
  const sound =
    [ring, cells, payload, ...offsets].every((value) => value > 0) &&
    offsets.every((value) => value % 4 === 0) &&
    ring <= cells &&
    ring <= MOST_RING &&
    cells - ring <= MOST_PARKED &&
    payload <= LONGEST_PAYLOAD &&
    CELL_PAYLOAD + payload + ZERO_TAIL <= stride &&
    lengths + (ring - 1) * lengthStride + 4 <= firstCell &&
    firstCell + cells * stride <= records &&
    words[HEAD_RECORDS_SIZE]! >= RECORDS_BYTES &&
    records + RECORDS_BYTES <= memory.byteLength;
  if (!sound) return undefined;
  return { ring, cells, payload, stride, lengths, lengthStride, firstCell, records };
}
