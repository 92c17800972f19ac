// held-connections.test — connections and records of another process are read as hostile: whatever they say, no byte goes
// out that would tear a frame, nothing is thrown, no descriptor is left behind.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ADDRESS_BYTES,
  ARENA_VERSION,
  Arena,
  accept,
  close,
  connectTcp,
  describe,
  listenTcp,
  mapMemory,
  write,
} from 'node-reuseport';
import {
  CONNECTION_BYTES,
  decodeBinary,
  encodeBacklog,
  PROTOCOL_VERSION,
  writeConnection,
} from '../../../ha/link/protocol.ts';
import { type Adoptable, HeldConnections } from '../../../ha/peers/held-connections.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { OPEN, RECORDS, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../../src/handover/connection-records.ts';
import { type Layout, readLayout } from '../../../src/handover/layout.ts';
import { holdingsOf } from '../../lab/holdings.ts';

const address = '127.0.0.1';
const descriptors = () => readdirSync('/proc/self/fd').length;

/** A connection with 30 bytes written to it by us, and the records of who served it. */
function served() {
  const arena = new Arena({ records: RECORDS_BYTES });
  const records = new ConnectionRecords(arena.records);
  const listener = listenTcp({ address, port: 0 });
  const client = connectTcp({ address, port: describe(listener).port });
  let fd = -1;
  while (fd < 0) fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  write(fd, new Uint8Array(30), 0, 30);
  close(listener);
  const record = records.take();
  records.open(record, 0);
  const memory = mapMemory(arena.fd);
  return { arena, records, record, fd, client, memory, layout: readLayout(memory)! };
}

function releaseAll(held: HeldConnections, memory: Uint8Array, layout: Layout): Adoptable[] {
  return held.release(memory, layout, () => true);
}

test('a connection that is written up to what was planned goes on there', () => {
  const { records, record, fd, client, memory, layout } = served();
  const held = new HeldConnections();
  held.hold(record, records.generation(record), fd);
  records.plan(record, 10, 30);
  assert.deepEqual(releaseAll(held, memory, layout)[0]!.position, { written: 30, backlog: undefined });
  for (const one of [fd, client]) close(one);
});

test('answers that were told goes on where the kernel stands; without them a torn frame is known', () => {
  const { records, record, fd, client, memory, layout } = served();
  const generation = records.generation(record);
  records.plan(record, 20, 50);
  const told = new HeldConnections();
  told.hold(record, generation, fd);
  told.keep(
    record,
    generation,
    20,
    Uint8Array.from({ length: 30 }, (_, i) => i),
  );
  const [adoptable] = releaseAll(told, memory, layout);
  assert.deepEqual(
    [...adoptable!.position!.backlog!],
    Array.from({ length: 20 }, (_, i) => 10 + i),
  );
  const untold = new HeldConnections();
  untold.hold(record, generation, fd);
  assert.equal(releaseAll(untold, memory, layout)[0]!.position, undefined);
  for (const one of [fd, client]) close(one);
});

test('answers that its server has written meanwhile are kept no longer, and the rest goes on where the kernel stands', () => {
  const { records, record, fd, client, memory, layout } = served();
  const held = new HeldConnections();
  held.hold(record, records.generation(record), fd);
  records.plan(record, 20, 50);
  held.keep(record, records.generation(record), 20, new Uint8Array(30).fill(7));
  assert.equal(held.bytes, 30);
  held.sweep(memory, layout); // 30 bytes are written, 10 of these among them
  assert.equal(held.bytes, 20);
  write(fd, new Uint8Array(15), 0, 15);
  held.sweep(memory, layout);
  const [{ position }] = releaseAll(held, memory, layout) as [Adoptable];
  assert.deepEqual([position?.written, [...position!.backlog!], held.bytes], [45, Array(5).fill(7), 0]);
  for (const one of [fd, client]) close(one);
});

test('a connection whose record was closed or used again is let go of', () => {
  const { records, record, fd, client, memory, layout } = served();
  const before = descriptors();
  const held = new HeldConnections();
  held.hold(record, records.generation(record), fd);
  held.sweep(memory, layout);
  assert.equal(held.size, 1);
  records.setState(record, 0);
  held.sweep(memory, layout);
  assert.deepEqual([held.size, descriptors()], [0, before - 1]);
  close(client);
});

test('records with any words in them are read without harm, and no descriptor is lost', () => {
  const { arena, records, record, fd, client, memory, layout } = served();
  const words = new Int32Array(arena.records.buffer, arena.records.byteOffset, RECORDS * 4);
  const word = fc.oneof(fc.integer(), fc.integer({ min: 0, max: 60 }));
  fc.assert(
    fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), fc.nat(60), fc.nat(40), (said, at, size) => {
      words.set(said, record * 4);
      const held = new HeldConnections();
      // A duplicate of ours goes in; it comes out, or is closed.
      const listener = listenTcp({ address, port: 0 });
      held.hold(record, said[1]!, listener);
      held.keep(record, said[1]!, at, new Uint8Array(size));
      held.hold(RECORDS + 5, 0, listenTcp({ address, port: 0 }));
      const open = descriptors();
      for (const adoptable of releaseAll(held, memory, layout)) close(adoptable.fd);
      held.close();
      assert.equal(descriptors(), open - 1);
    }),
    { numRuns: 300 },
  );
  // The same of a connection that has bytes written: what is behind always continues what the kernel has.
  fc.assert(
    fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), fc.nat(60), fc.nat(40), (said, at, size) => {
      words.set([OPEN, records.generation(record) | 0, said[2]!, said[3]!], record * 4);
      const held = new HeldConnections();
      held.hold(record, words[record * 4 + 1]!, fd);
      held.keep(record, words[record * 4 + 1]!, at, new Uint8Array(size));
      const [adoptable] = releaseAll(held, memory, layout);
      const { position } = adoptable!;
      if (position?.backlog !== undefined) {
        assert.ok(at <= 30 && at + size > 30);
        assert.equal(position.backlog.length, at + size - 30);
      }
      if (position !== undefined) assert.equal(position.written, 30);
    }),
    { numRuns: 300 },
  );
  for (const one of [fd, client]) close(one);
});

test('answers for clients that do not read are kept up to a limit', () => {
  const held = new HeldConnections();
  const piece = new Uint8Array(1 << 20);
  for (let record = 0; record < 20; record++) {
    held.hold(record, 1, listenTcp({ address, port: 0 }));
    held.keep(record, 1, 0, piece);
  }
  assert.ok(held.bytes <= 16 << 20 && held.bytes > 4 << 20, `${held.bytes} bytes`);
  held.close();
  assert.equal(held.bytes, 0);
});

test('bytes that are no message of ours are ignored, and their descriptors closed', () => {
  const peer = new Peer(
    { pid: 1, fd: -1 } as never,
    { slot: 'primary', protocol: PROTOCOL_VERSION } as never,
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const before = descriptors();
      peer.binary(bytes, [listenTcp({ address, port: 0 })]);
      peer.connections.close();
      assert.equal(descriptors(), before);
    }),
  );
  const said = { record: 7, generation: -3, offset: 2 ** 40 };
  const bytes = encodeBacklog(said.record, said.generation, said.offset, Uint8Array.of(1, 2));
  assert.deepEqual(decodeBinary(bytes), { kind: 3, ...said, answers: Uint8Array.of(1, 2) });
  for (let length = 0; length < 20; length++)
    assert.equal(decodeBinary(bytes.subarray(0, length)), undefined);
});

test('connections of a process whose memory is not understood are let go of, told before or after', () => {
  const arena = new Arena({ records: RECORDS_BYTES });
  const peer = new Peer(
    { pid: 1, fd: -1 } as never,
    { slot: 'primary', protocol: PROTOCOL_VERSION } as never,
  );
  const connection = new Uint8Array(CONNECTION_BYTES);
  const tell = (record: number) => {
    writeConnection(new DataView(connection.buffer), record, 1);
    peer.binary(connection, [listenTcp({ address, port: 0 })]);
  };
  const before = descriptors();
  tell(1);
  assert.deepEqual([peer.connections.size, descriptors()], [1, before + 1]);
  const sound = holdingsOf('primary', arena, peer);
  peer.hold(sound);
  tell(2);
  assert.equal(peer.connections.size, 2);
  arena.header[1] = ARENA_VERSION + 1;
  const strange = holdingsOf('primary', arena, peer);
  peer.hold(strange);
  for (let record = 0; record < 100; record++) tell(record);
  peer.binary(encodeBacklog(1, 1, 0, new Uint8Array(1000)), []);
  for (const holdings of [sound, strange]) holdings.close();
  assert.deepEqual([peer.connections.size, peer.connections.bytes, descriptors()], [0, 0, before]);
});
