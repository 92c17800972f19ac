// unanswered.test — what an arena holds unanswered is found, whole; an arena that is corrupt yields nothing and harms nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ARENA_VERSION,
  Arena,
  bindUdp,
  CELL_PAYLOAD,
  CELL_STATE,
  close,
  connectUdp,
  describe,
  HEAD_CELLS,
  HEAD_FIRST_CELL,
  HEAD_LENGTH_STRIDE,
  HEAD_LENGTHS,
  HEAD_PAYLOAD,
  HEAD_RECORDS,
  HEAD_RING,
  HEAD_STRIDE,
  mapMemory,
  write,
} from 'node-reuseport';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { RECORDS_BYTES, TRIED, ZERO_TAIL } from '../../../src/handover/arena-words.ts';
import type { Unanswered } from '../../../src/handover/handover.ts';
import { readLayout } from '../../../src/handover/layout.ts';
import { ParkedCells } from '../../../src/handover/parked-cells.ts';

/** An arena that has received these datagrams, seen through a second mapping as a twin would. */
function arenaWith(datagrams: readonly string[], tag: number) {
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const socket = bindUdp({ address: '127.0.0.1', port: 0 });
  const client = connectUdp({ address: '127.0.0.1', port: describe(socket).port });
  for (const text of datagrams) write(client, Buffer.from(text), 0, text.length);
  const count = datagrams.length > 0 ? arena.receive(socket, tag) : 0;
  assert.equal(count, datagrams.length);
  close(client);
  const receiveNone = () => assert.ok(arena.receive(socket, tag) < 0);
  return { arena, memory: mapMemory(arena.fd), receiveNone };
}

/** Undefined when the layout is not understood. */
function found(memory: Uint8Array): readonly Unanswered[] | undefined {
  const layout = readLayout(memory);
  if (layout === undefined) return undefined;
  return unanswered(memory, layout).flatMap((left) => left.copy() ?? []);
}

function texts(memory: Uint8Array): string[] {
  return found(memory)!.map(({ cell, length }) =>
    Buffer.from(cell.subarray(CELL_PAYLOAD, CELL_PAYLOAD + length)).toString(),
  );
}

test('datagrams received and not followed by another receive are found with their address and their tag', () => {
  const { memory } = arenaWith(['one', 'two'], 3);
  assert.deepEqual(texts(memory), ['one', 'two']);
  assert.deepEqual(
    found(memory)!.map(({ tag }) => tag),
    [3, 3],
  );
});

test('of a datagram longer than its cell what was kept is found, and how long it was', () => {
  const { memory } = arenaWith(['x'.repeat(3000)], 0);
  const [one] = found(memory)!;
  assert.deepEqual([one!.length, one!.cell.length], [3000, CELL_PAYLOAD + 1280 + ZERO_TAIL]);
  assert.ok(one!.cell.subarray(CELL_PAYLOAD, CELL_PAYLOAD + 1280).every((byte) => byte === 0x78));
});

test('datagrams are those of the address that was read last, though another one was when the memory was shown', () => {
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const memory = mapMemory(arena.fd);
  const layout = readLayout(memory)!;
  const socket = bindUdp({ address: '127.0.0.1', port: 0 });
  const client = connectUdp({ address: '127.0.0.1', port: describe(socket).port });
  write(client, Buffer.from('one'), 0, 3);
  assert.equal(arena.receive(socket, 2), 1);
  assert.deepEqual(
    unanswered(memory, layout).map(({ tag }) => tag),
    [2],
  );
  for (const fd of [client, socket]) close(fd);
});

test('datagrams are not found once the next receive began', () => {
  const { memory, receiveNone } = arenaWith(['one', 'two'], 0);
  receiveNone();
  assert.deepEqual(texts(memory), []);
});

test('a parked query is found until it is released', () => {
  const { arena, memory, receiveNone } = arenaWith(['one', 'two'], 5);
  const parking = new ParkedCells(arena);
  const parked = parking.take(1, 3);
  receiveNone();
  assert.deepEqual(texts(memory), ['two']);
  assert.equal(found(memory)![0]!.tag, 5);
  parking.release(parked);
  assert.deepEqual(texts(memory), []);
});

test('parked queries are found oldest first, wherever they lie, and before those in the ring', () => {
  const { arena, memory } = arenaWith(['one', 'two', 'three'], 0);
  const parking = new ParkedCells(arena);
  const first = parking.take(0, 3);
  parking.take(1, 3);
  parking.release(first);
  parking.take(2, 5); // where the first one was
  assert.deepEqual(texts(memory), ['two', 'three', 'one', 'two', 'three']);
});

test('a query that was tried before is known by it, parked or not', () => {
  const { arena, memory } = arenaWith(['one', 'two'], 0);
  const words = new Int32Array(arena.memory.buffer, arena.memory.byteOffset);
  words[CELL_STATE] = TRIED;
  const parking = new ParkedCells(arena);
  parking.take(0, 3);
  parking.take(1, 3);
  assert.deepEqual(
    found(memory)!.map(({ triedBefore }) => triedBefore),
    [true, false, true, false],
  );
});

test('what is answered between the finding and the copying is not copied', () => {
  const { arena, memory, receiveNone } = arenaWith(['one', 'two'], 5);
  const parking = new ParkedCells(arena);
  const [first] = [parking.take(0, 3), parking.take(1, 3)];
  receiveNone();
  const lie = unanswered(memory, readLayout(memory)!);
  parking.release(first!);
  assert.deepEqual(
    lie.map((left) => left.copy()?.length),
    [undefined, 3],
  );
});

test('an arena that says of itself what none of ours can be is not read', () => {
  const words = (change: (words: Int32Array) => void) => {
    const copy = Uint8Array.from(arenaWith([], 0).memory);
    const grown = new Uint8Array(64 << 20);
    grown.set(copy);
    const header = new Int32Array(grown.buffer);
    header[HEAD_RECORDS] = grown.length - RECORDS_BYTES;
    change(header);
    return readLayout(grown);
  };
  assert.ok(words(() => {}) !== undefined);
  const narrow = (header: Int32Array, payload: number) => {
    header[HEAD_PAYLOAD] = payload;
    header[HEAD_STRIDE] = CELL_PAYLOAD + payload + ZERO_TAIL;
  };
  for (const [ring, cells, payload, sound] of [
    [1024, 1028, 64, true],
    [1028, 1032, 64, false],
    [8, 8 + 65_536, 64, true],
    [8, 8 + 65_540, 64, false],
    [8, 12, 65_536, true],
    [8, 12, 65_540, false],
  ] as const)
    assert.equal(
      words((header) => {
        header[HEAD_RING] = ring;
        header[HEAD_CELLS] = cells;
        narrow(header, payload);
        header[HEAD_LENGTHS] = 4096;
        header[HEAD_LENGTH_STRIDE] = 4;
        header[HEAD_FIRST_CELL] = 4096 + 8192;
      }) !== undefined,
      sound,
      `${ring} of ${cells} cells of ${payload} bytes`,
    );
});

test('a layout that is not known is said to be so', () => {
  const { memory } = arenaWith(['one'], 0);
  new Int32Array(memory.buffer)[1] = ARENA_VERSION + 1;
  assert.equal(found(memory), undefined);
  assert.equal(found(new Uint8Array(0)), undefined);
});

test('an arena with any words overwritten is read without harm', () => {
  const { memory } = arenaWith(['one', 'two', 'three'], 0);
  const sound = Uint8Array.from(memory);
  const damage = fc.array(fc.tuple(fc.nat(memory.length / 4 - 1), fc.integer()), {
    minLength: 1,
    maxLength: 20,
  });
  const head = fc.array(fc.tuple(fc.nat(15), fc.integer()), { maxLength: 4 });
  fc.assert(
    fc.property(damage, head, (anywhere, inHead) => {
      const copy = Uint8Array.from(sound);
      const words = new Int32Array(copy.buffer);
      for (const [at, value] of [...anywhere, ...inHead]) words[at] = value;
      for (const { cell, length } of found(copy) ?? []) {
        const kept = Math.min(length, readLayout(copy)!.payload);
        assert.ok(length >= 0 && cell.length >= CELL_PAYLOAD + kept);
      }
    }),
    { numRuns: 2000 },
  );
});
