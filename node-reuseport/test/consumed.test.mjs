// consumed.test — how many bytes were taken out of a connection, whoever took them: whether queries were forgotten or not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bindUdp, consumed, discard, peek, read, shutdown, write } from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { connection } from './lab/connection.mjs';
import { closeNow, keep, ready } from './lab/descriptors.mjs';

const bytes = Buffer.alloc(1 << 16);

test('bytes count once they are read or discarded, and not when they come or are looked at', async () => {
  const { client, server } = await connection();
  assert.equal(consumed(server), 0);
  write(client, bytes, 0, 1000);
  await ready(server);
  assert.equal(consumed(server), 0);
  peek(server, bytes, 0, 1000);
  assert.equal(consumed(server), 0);
  read(server, bytes, 0, 10);
  assert.equal(consumed(server), 10);
  discard(server, 600);
  assert.equal(consumed(server), 610);
  discard(server, 1000);
  assert.equal(consumed(server), 1000);
});

test('what another process took counts, too', async () => {
  const { client, server } = await connection();
  write(client, bytes, 0, 100);
  await ready(server);
  const child = await startChild(
    `assert.equal(reuseport.discard(3, 30), 30);
    console.log('taken');
    setInterval(() => {}, 1000);`,
    [server],
  );
  assert.equal(consumed(server), 30);
  await killChild(child);
  assert.equal(consumed(server), 30);
});

test('the end of what the peer sends is no byte, unread or read', async () => {
  const { client, server } = await connection();
  write(client, bytes, 0, 50);
  shutdown(client, 1);
  await ready(server);
  assert.equal(consumed(server), 0);
  discard(server, 20);
  assert.equal(consumed(server), 20);
  discard(server, 30);
  assert.equal(consumed(server), 50);
  assert.equal(read(server, bytes, 0, 1), 0);
  assert.equal(consumed(server), 50);
  shutdown(server, 1);
  await ready(client);
  assert.ok([50, -107].includes(consumed(server)));
});

test('of what is no connection nothing is told', async () => {
  assert.ok(consumed(keep(bindUdp({ address: '127.0.0.1', port: 0 }))) < 0);
  const { server } = await connection();
  closeNow(server);
  assert.equal(consumed(server), -9);
});
