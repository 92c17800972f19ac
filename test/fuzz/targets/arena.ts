// arena — target: the memory of another process, read after its death, whatever it has made of it.

import { Arena, CELL_PAYLOAD, mapMemory } from 'node-reuseport';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { CONNECTION_TAG, PARKED, PARKED_MOST, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { type Layout, readLayout } from '../../../src/handover/layout.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

/** Of an input: place (16 bits) and value (32 bits) of a word that is other than in a sound arena. */
const PATCH = 6;
/** The header's words that are ours; a third of the places mean one of them. */
const HEAD = 12;

export const arena: Target = {
  name: 'arena',
  sentence: 'src/handover and ha/takeover read the memory of a twin that is gone',
  most: 1200,
  seeds: () => [
    Buffer.alloc(0),
    patches([sound.words, PARKED], [PARKED_MOST, 4]),
    patches([sound.lengths, 30], [sound.lengths + sound.lengthStep, 128], [sound.words + 6, 2]),
    patches([2, 8], [3, 8], [4, 64], [5, 256]),
  ],
  run(input) {
    const memory = new Uint8Array(sound.bytes);
    const words = new Int32Array(memory.buffer);
    for (let at = 0; at + PATCH <= input.length; at += PATCH) {
      const place = input.readUInt16LE(at);
      words[place % 3 === 2 ? ((place / 3) | 0) % HEAD : ((place / 3) | 0) % words.length] =
        input.readInt32LE(at + 2);
    }
    const layout = readLayout(memory);
    if (layout === undefined) return;
    checkLayout(layout, memory.length);
    for (const found of unanswered(memory, layout)) {
      const query = found.copy();
      if (query === undefined) continue;
      const { cell, length, place, tag } = query;
      must(place === found.place && tag === found.tag, 'a query is the one that was found');
      must(place >= 0 && place < layout.cells, 'a query lies in a cell');
      must(length >= 0, 'it has a length');
      must(length <= layout.payload || tag < CONNECTION_TAG, 'none of a connection is longer than its cell');
      const kept = Math.min(length, layout.payload);
      must(cell.length === CELL_PAYLOAD + kept + 8, 'it is a copy with zeros behind it');
      must(
        cell.subarray(CELL_PAYLOAD + kept).every((byte) => byte === 0),
        'which are zeros',
      );
      must(Number.isInteger(tag), 'it came to a socket');
    }
  },
};

// ---------------------------------------------------------------------------------------------------------------------

interface Sound {
  readonly bytes: Uint8Array;
  /** Words of the first parked cell, of the first length, and from one length to the next. */
  readonly words: number;
  readonly lengths: number;
  readonly lengthStep: number;
}

const sound = soundArena();

function soundArena(): Sound {
  const made = new Arena({ ring: 4, parked: 4, payload: 128, records: RECORDS_BYTES });
  const bytes = Uint8Array.from(mapMemory(made.fd));
  const layout = readLayout(bytes)!;
  return {
    bytes,
    words: (layout.firstCell + 4 * layout.stride) >> 2,
    lengths: layout.lengths >> 2,
    lengthStep: layout.lengthStride >> 2,
  };
}

function patches(...changes: readonly (readonly [place: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(PATCH * changes.length);
  for (const [i, [place, value]] of changes.entries()) {
    bytes.writeUInt16LE(place < HEAD ? place * 3 + 2 : place * 3, PATCH * i);
    bytes.writeInt32LE(value, PATCH * i + 2);
  }
  return bytes;
}

function checkLayout(layout: Layout, size: number): void {
  const { ring, cells, payload, stride, lengths, lengthStride, firstCell, records } = layout;
  must(ring > 0 && ring <= cells && payload > 0, 'there are cells');
  must(CELL_PAYLOAD + payload + 8 <= stride, 'a message fits its cell');
  must(
    lengths > 0 && lengths + (ring - 1) * lengthStride + 4 <= firstCell,
    'the lengths lie before the cells',
  );
  must(firstCell > 0 && firstCell + cells * stride <= records, 'the cells lie before the records');
  must(records + RECORDS_BYTES <= size, 'the records lie in the memory');
}
