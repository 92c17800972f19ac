// written.test — how many bytes all processes have written to a connection: what is left of an answer half written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindUdp, EAGAIN, read, shutdown, write, written } from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { channel, connection } from './lab/connection.mjs';
import { closeNow, keep, ready } from './lab/descriptors.mjs';

const bytes = Buffer.alloc(1 << 16);

test('bytes count once they are given to the kernel, unread, read and acknowledged', async () => {
  const { client, server } = await connection();
  assert.equal(written(server), 0);
  write(server, bytes, 0, 1000);
  assert.equal(written(server), 1000);
  await ready(client);
  assert.equal(written(server), 1000);
  read(client, bytes, 0, 1000);
  write(client, bytes, 0, 7); // comes with an acknowledgement
  await ready(server);
  write(server, bytes, 0, 23);
  assert.equal(written(server), 1023);
  read(server, bytes, 0, 7);
  assert.equal(written(server), 1023);
});

test('bytes of a process that was killed count, too', async () => {
  const { client, server } = await connection();
  write(server, bytes, 0, 100);
  const child = await startChild(
    `assert.equal(reuseport.written(3), 100);
    assert.equal(reuseport.write(3, Buffer.alloc(2000), 0, 2000), 2000);
    console.log('written');
    setInterval(() => {}, 1000);`,
    [server],
  );
  assert.equal(written(server), 2100);
  await killChild(child);
  assert.equal(written(server), 2100);
  await ready(client);
  assert.equal(write(server, bytes, 0, 5), 5);
  assert.equal(written(server), 2105);
});

test('the count is exact while the peer does not read, and when it has read everything', async () => {
  const { client, server } = await connection();
  let taken = 0;
  let last = 0;
  do {
    last = write(server, bytes, 0, bytes.length);
    taken += Math.max(last, 0);
    assert.equal(written(server), taken);
  } while (last > 0);
  assert.equal(last, -EAGAIN);
  for (let got = 0; got < taken; ) {
    await ready(client);
    got += read(client, bytes, 0, bytes.length);
    assert.equal(written(server), taken);
  }
});

test('the end of what is sent is no byte', async () => {
  const { client, server } = await connection();
  write(server, bytes, 0, 10);
  shutdown(server, 1);
  assert.equal(written(server), 10);
  await ready(client);
  assert.equal(written(server), 10);
});

test('an end that waits behind unread bytes is none either', async () => {
  const { server } = await connection();
  let taken = 0;
  for (let last = 0; last >= 0; last = write(server, bytes, 0, bytes.length)) taken += last;
  shutdown(server, 1);
  assert.equal(written(server), taken);
});

test('of a connection that is no more nothing is told, nor of what is none', async () => {
  const { listener, client, server } = await connection();
  write(client, bytes, 0, 1);
  await ready(server);
  write(server, bytes, 0, 1);
  closeNow(client); // with a byte unread: a reset
  await ready(server, 0);
  assert.equal(written(server), -107);
  assert.ok(written(listener) < 0);
  assert.equal(written(keep(bindUdp({ address: '127.0.0.1', port: 0 }))), -95);
  assert.ok(written(channel().server) < 0);
  assert.equal(written(1 << 30), -9);
});
