// arena-words.test — the word that makes a thing valid is stored last and by Atomics, so that a reader on a processor which lets
// stores overtake each other sees the thing whole.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Arena, CELL_LENGTH, CELL_STATE, CELL_TAG, mapMemory } from 'node-reuseport';
import {
  BACKLOGGED,
  BASE,
  CELL_SEQUENCE,
  CLOSED,
  FREE,
  GENERATION,
  OPEN,
  PARKED,
  RECORDS_BYTES,
  STATE,
  TOTAL,
} from '../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../src/handover/connection-records.ts';
import { readLayout } from '../../src/handover/layout.ts';
import { ParkedCells } from '../../src/handover/parked-cells.ts';

/** What another process sees of these words just before each store by Atomics that `act` makes, and which word that is. */
function storesOf(act: () => void, seen: () => readonly number[], first: number) {
  const stores: { word: number; value: number; before: readonly number[] }[] = [];
  const store = Atomics.store.bind(Atomics) as (words: Int32Array, index: number, value: number) => number;
  const spied = mock.method(Atomics, 'store', (words: Int32Array, index: number, value: number) => {
    stores.push({ word: index - first, value, before: seen() });
    return store(words, index, value);
  });
  try {
    act();
  } finally {
    spied.mock.restore();
  }
  return stores;
}

test('a record is open, and says how far it is written, before its generation makes it one', () => {
  const arena = new Arena({ records: RECORDS_BYTES });
  const records = new ConnectionRecords(arena.records);
  const memory = mapMemory(arena.fd);
  const words = new Int32Array(memory.buffer, readLayout(memory)!.records, 4);
  const seen = () => [words[STATE]!, words[BASE]!, words[TOTAL]!, words[GENERATION]!];
  records.take();
  assert.deepEqual(
    storesOf(() => records.open(0, 30), seen, 0),
    [{ word: GENERATION, value: 1, before: [OPEN, 30, 30, 0] }],
  );
  records.plan(0, 30, 90);
  const ended = storesOf(() => records.setState(0, BACKLOGGED), seen, 0);
  assert.deepEqual(ended, [{ word: STATE, value: BACKLOGGED, before: [OPEN, 30, 90, 1] }]);
  assert.deepEqual(
    storesOf(() => records.refuse(0), seen, 0),
    [{ word: GENERATION, value: 2, before: [CLOSED, 30, 90, 1] }],
  );
});

test('a query lies whole in its cell before the state says that it is parked', () => {
  const arena = new Arena({ ring: 1, parked: 2, records: RECORDS_BYTES });
  const parking = new ParkedCells(arena);
  const memory = mapMemory(arena.fd);
  const { firstCell, stride } = readLayout(memory)!;
  const cell = new Int32Array(memory.buffer, firstCell + stride, 17);
  const seen = () => [CELL_STATE, CELL_LENGTH, CELL_TAG, CELL_SEQUENCE, 16].map((word) => cell[word]!);
  const own = new Int32Array(arena.memory.buffer, arena.memory.byteOffset);
  own[CELL_LENGTH] = 4;
  own[CELL_TAG] = 6;
  own[16] = 7; // its first bytes
  const first = stride >> 2;
  assert.deepEqual(
    storesOf(() => parking.take(0, 4), seen, first),
    [{ word: CELL_STATE, value: PARKED, before: [FREE, 4, 6, 0, 7] }],
  );
  parking.release(1);
  const framed = storesOf(() => parking.takeBytes(Uint8Array.of(9, 0, 0, 0), 0, 4, 8), seen, first);
  assert.deepEqual(framed, [{ word: CELL_STATE, value: PARKED, before: [FREE, 4, 8, 1, 9] }]);
});
