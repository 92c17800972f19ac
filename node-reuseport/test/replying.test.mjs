// replying.test — replies leave in batches, from the outbox or from attached bytes, to the senders kept in cells.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  Arena,
  bindUdp,
  connectUdp,
  describe,
  EAGAIN,
  REGION_ATTACHED,
  REGION_OUTBOX,
  read,
  write,
} from 'node-reuseport';
import { fillReplies, readCell, setPort } from './lab/cells.mjs';
import { closeNow, keep } from './lab/descriptors.mjs';

const address = '127.0.0.1';
let server;
let arena;
let clients;

// Three clients, whose queries `1?`, `2?`, `3?` lie in the first cells.
beforeEach(() => {
  server = keep(bindUdp({ address, port: 0 }));
  const { port } = describe(server);
  arena = new Arena({ ring: 4, parked: 2, payload: 64, replies: 8, outbox: 512 });
  clients = ['1?', '2?', '3?'].map((query) => {
    const fd = keep(connectUdp({ address, port }));
    write(fd, Buffer.from(query), 0, 2);
    return fd;
  });
  assert.equal(arena.receive(server), 3);
});

function heard(fd) {
  const buffer = Buffer.alloc(1024);
  const length = read(fd, buffer, 0, buffer.length);
  return length === -EAGAIN ? null : buffer.toString('latin1', 0, length);
}

test('replies come from both regions; those of attached bytes carry the id of their query', () => {
  arena.outbox.set(Buffer.from('from the outbox'));
  arena.attach(Buffer.from('----??answer'));
  const count = fillReplies(arena, [
    [0, REGION_OUTBOX, 0, 15],
    [1, REGION_ATTACHED, 4, 8],
    [2, REGION_ATTACHED, 4, 8],
    [0, REGION_OUTBOX, 9, 6],
  ]);
  assert.equal(arena.send(server, count), 4);
  assert.deepEqual(clients.map(heard), ['from the outbox', '2?answer', '3?answer']);
  assert.equal(heard(clients[0]), 'outbox');
});

test('a datagram copied to a parked cell is answered from there', () => {
  arena.memory.copyWithin(5 * arena.stride, 2 * arena.stride, 3 * arena.stride);
  arena.attach(Buffer.from('??late'));
  arena.memory.fill(0, 0, 3 * arena.stride);
  assert.equal(arena.send(server, fillReplies(arena, [[5, REGION_ATTACHED, 0, 6]])), 1);
  assert.equal(heard(clients[2]), '3?late');
});

test('an empty reply is a datagram, too', () => {
  assert.equal(arena.send(server, fillReplies(arena, [[1, REGION_OUTBOX, 512, 0]])), 1);
  assert.deepEqual(clients.map(heard), [null, '', null]);
});

test('a record outside of its region is a TypeError, and nothing is sent', () => {
  arena.attach(Buffer.alloc(100));
  const huge = 2 ** 31 - 1;
  for (const bad of [
    [6, REGION_OUTBOX, 0, 2],
    [-1, REGION_OUTBOX, 0, 2],
    [huge, REGION_OUTBOX, 0, 2],
    [0, REGION_OUTBOX, 511, 2],
    [0, REGION_OUTBOX, 513, 0],
    [0, REGION_OUTBOX, -1, 2],
    [0, REGION_OUTBOX, 0, -1],
    [0, REGION_OUTBOX, huge, huge],
    [0, REGION_OUTBOX, 2, huge],
    [0, REGION_ATTACHED, 99, 2],
    [0, REGION_ATTACHED, 0, 1],
    [0, REGION_ATTACHED, 0, 65], // larger than a payload
    [0, REGION_ATTACHED, huge, 64],
    [0, 2, 0, 2],
    [0, -1, 0, 2],
  ]) {
    fillReplies(arena, [[0, REGION_OUTBOX, 0, 2], bad]);
    assert.throws(() => arena.send(server, 2), { name: 'TypeError', message: /^replies: / }, String(bad));
  }
  new Int32Array(arena.memory.buffer, 0)[4] = 29; // a sender's address longer than any
  assert.throws(() => arena.send(server, 1), { name: 'TypeError' });
  assert.throws(() => arena.send(server, 9), { name: 'TypeError' });
  assert.throws(() => arena.send(server, -1), { name: 'TypeError' });
  assert.deepEqual(clients.map(heard), [null, null, null]);
});

test('attached bytes whose buffer is transferred away or shrunk are no longer sent', () => {
  const record = [0, REGION_ATTACHED, 0, 8];
  const away = new Uint8Array(100);
  arena.attach(away);
  assert.equal(arena.send(server, fillReplies(arena, [record])), 1);
  structuredClone(away.buffer, { transfer: [away.buffer] });
  assert.throws(() => arena.send(server, 1), { name: 'TypeError' });
  const resizable = new ArrayBuffer(100, { maxByteLength: 1 << 20 });
  arena.attach(new Uint8Array(resizable));
  assert.equal(arena.send(server, 1), 1);
  resizable.resize(7);
  assert.throws(() => arena.send(server, 1), { name: 'TypeError' });
  resizable.resize(8);
  assert.equal(arena.send(server, 1), 1);
});

test('without attached bytes there is nothing to send from them', () => {
  assert.throws(() => arena.send(server, fillReplies(arena, [[0, REGION_ATTACHED, 0, 2]])), {
    name: 'TypeError',
  });
});

test('a client out of reach does not cost the others their answer', () => {
  setPort(arena, 1, 0);
  const records = [0, 1, 2].map((cell) => [cell, REGION_OUTBOX, 0, 3]);
  assert.equal(arena.send(server, fillReplies(arena, records)), 2);
  assert.deepEqual(clients.map(heard), ['\0\0\0', null, '\0\0\0']);
  assert.equal(arena.send(1 << 30, 3), 0);
});

test('an ICMP message for a connected socket does not cost the next client its answer', () => {
  const gone = keep(bindUdp({ address, port: 0 }));
  const { port } = describe(gone);
  closeNow(gone);
  const connected = keep(connectUdp({ address, port }));
  const other = keep(bindUdp({ address, port: 0 }));
  setPort(arena, 0, describe(other).port);
  assert.equal(write(connected, Buffer.from('x'), 0, 1), 1); // its refusal now waits on the socket
  assert.equal(arena.send(connected, fillReplies(arena, [[0, REGION_OUTBOX, 0, 1]])), 1);
  assert.equal(heard(other), '\0');
});

test('the length and hash of a cell may be changed without harm to a reply', () => {
  new Int32Array(arena.memory.buffer).set([-1, -1], 0);
  assert.equal(readCell(arena, 0).length, -1);
  assert.equal(arena.send(server, fillReplies(arena, [[0, REGION_OUTBOX, 0, 1]])), 1);
  assert.equal(heard(clients[0]), '\0');
});
