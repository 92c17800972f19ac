// streams.test — accept, read, write and shutdown of TCP connections.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESS_BYTES,
  accept,
  bufferedMemory,
  describe,
  EAGAIN,
  ECONNRESET,
  EPIPE,
  formatAddress,
  listenTcp,
  peerOf,
  pendingError,
  read,
  reset,
  shutdown,
  write,
} from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { connection } from './lab/connection.mjs';
import { closeNow, keep, openFlags, ready } from './lab/descriptors.mjs';

const buffer = Buffer.alloc(1 << 16);

async function readAll(fd) {
  await ready(fd);
  const length = read(fd, buffer, 0, buffer.length);
  return length < 0 ? length : buffer.toString('latin1', 0, length);
}

for (const [address, family] of [
  ['127.0.0.1', 4],
  ['::1', 6],
]) {
  test(`accept tells the peer and gives a non-blocking connection: ${address}`, async () => {
    const { listener, client, server, peer } = await connection(address);
    assert.deepEqual(formatAddress(peer, 0), { address, family, port: describe(client).port });
    const asked = new Uint8Array(ADDRESS_BYTES);
    assert.equal(peerOf(server, asked), 0);
    assert.deepEqual(asked, peer);
    assert.equal(openFlags(server) & 0o2004000, 0o2004000);
    assert.equal(accept(listener, peer), -EAGAIN);
    assert.equal(read(server, buffer, 0, 10), -EAGAIN);
  });
}

test('bytes go both ways, from and to the range asked for', async () => {
  const { client, server } = await connection();
  assert.equal(write(client, Buffer.from('--question--'), 2, 8), 8);
  const into = Buffer.alloc(12, '.');
  await ready(server);
  assert.equal(read(server, into, 1, 10), 8);
  assert.equal(into.toString(), '.question...');
  assert.equal(write(server, Buffer.from('answer'), 0, 6), 6);
  assert.equal(await readAll(client), 'answer');
});

test('a half-closed connection still carries the answer', async () => {
  const { client, server } = await connection();
  write(client, Buffer.from('last'), 0, 4);
  assert.equal(shutdown(client, 1), 0);
  assert.equal(await readAll(server), 'last');
  assert.equal(await readAll(server), '');
  assert.equal(write(server, Buffer.from('answer'), 0, 6), 6);
  assert.equal(await readAll(client), 'answer');
  assert.equal(write(client, Buffer.from('more'), 0, 4), -EPIPE);
});

test('writing to a peer that is gone gives -EPIPE after its reset, and no signal', async () => {
  const { client, server } = await connection();
  write(client, Buffer.from('unread'), 0, 6);
  await ready(server);
  closeNow(server); // with bytes unread: a reset
  await ready(client);
  assert.equal(read(client, buffer, 0, 10), -ECONNRESET);
  assert.equal(write(client, Buffer.from('x'), 0, 1), -EPIPE);
});

test('a connection that is reset ends for all that hold it, and the kernel keeps nothing of what was to be sent', async () => {
  const { client, server } = await connection();
  while (write(server, buffer, 0, buffer.length) > 0);
  assert.ok(bufferedMemory(server) > buffer.length);
  const child = await startChild('console.log("has it"); setInterval(() => {}, 1000);', [server]);
  try {
    assert.equal(reset(server), 0);
    assert.ok(bufferedMemory(server) < buffer.length, `${bufferedMemory(server)} bytes`);
    await ready(client);
    while (read(client, buffer, 0, buffer.length) > 0);
    assert.equal(write(client, buffer, 0, 1), -EPIPE);
  } finally {
    await killChild(child);
  }
});

test('write takes what fits and then says EAGAIN', async () => {
  const { client } = await connection('127.0.0.1', { sendBuffer: 8192 });
  let taken = 0;
  let last = 0;
  do {
    taken += Math.max(last, 0);
    last = write(client, buffer, 0, buffer.length);
  } while (last > 0);
  assert.equal(last, -EAGAIN);
  assert.ok(taken > 0);
});

test('an empty range reads and writes nothing', async () => {
  const { client, server } = await connection();
  assert.equal(write(client, new Uint8Array(0), 0, 0), 0);
  assert.equal(write(client, buffer, buffer.length, 0), 0);
  assert.equal(read(server, new Uint8Array(0), 0, 0), -EAGAIN);
  assert.equal(write(client, buffer, 0, 1), 1);
  await ready(server);
  assert.equal(read(server, new Uint8Array(0), 0, 0), 0);
});

test('errors come back as negative numbers', () => {
  const gone = 1 << 30;
  const peer = new Uint8Array(ADDRESS_BYTES);
  assert.deepEqual(
    [
      read(gone, buffer, 0, 1),
      write(gone, buffer, 0, 1),
      accept(gone, peer),
      shutdown(gone, 2),
      pendingError(gone),
      peerOf(gone, peer),
    ],
    [-9, -9, -9, -9, -9, -9],
  );
  const listener = keep(listenTcp({ address: '127.0.0.1', port: 0 }));
  assert.equal(shutdown(listener, 3), -22);
  assert.equal(read(listener, buffer, 0, 1), -107);
  assert.equal(peerOf(listener, peer), -107);
});

test('formatAddress names the interface of a link-local address and refuses other families', () => {
  const bytes = new Uint8Array(ADDRESS_BYTES + 4);
  const view = new DataView(bytes.buffer, 4);
  new Uint16Array(bytes.buffer, 4, 1)[0] = 10; // AF_INET6, in the order of the host
  view.setUint16(2, 5353);
  view.setUint16(8, 0xfe80);
  bytes[4 + 23] = 1;
  new Uint32Array(bytes.buffer, 4 + 24, 1)[0] = 1; // loopback is the first interface everywhere
  assert.deepEqual(formatAddress(bytes, 4), { address: 'fe80::1%lo', family: 6, port: 5353 });
  new Uint32Array(bytes.buffer, 4 + 24, 1)[0] = 0x7fffffff;
  assert.equal(formatAddress(bytes, 4).address, 'fe80::1%2147483647');
  assert.throws(() => formatAddress(bytes, 0), { name: 'TypeError', message: /^bytes: / });
  assert.throws(() => formatAddress(bytes, 5), { name: 'TypeError', message: /^offset and length: / });
});
