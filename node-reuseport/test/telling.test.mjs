// telling.test — a connection is accepted and told in one call: the other end of the channel has it, too.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESS_BYTES,
  accept,
  connectTcp,
  describe,
  EAGAIN,
  formatAddress,
  listenChannel,
  listenTcp,
  read,
  receiveMessage,
  sendMessage,
  UNTOLD,
  write,
} from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { channel } from './lab/connection.mjs';
import { acceptNext, closeNow, countOpen, keep, openFlags, ready } from './lab/descriptors.mjs';

const address = '127.0.0.1';
const peer = new Uint8Array(ADDRESS_BYTES);
const bytes = Buffer.alloc(64);

/** A listener with a connection waiting. */
async function waiting() {
  const listener = keep(listenTcp({ address, port: 0 }));
  const client = keep(connectTcp({ address, port: describe(listener).port }));
  await ready(listener);
  return { listener, client };
}

/** What came over the channel: the message and its only descriptor. */
function told(fd) {
  const descriptors = new Int32Array(2);
  const length = receiveMessage(fd, bytes, descriptors);
  assert.equal(descriptors[0], 1);
  return { message: bytes.toString('latin1', 0, length), fd: keep(descriptors[1]) };
}

test('the channel gets the message and a duplicate, the caller the connection and its peer', async () => {
  const { listener, client } = await waiting();
  const { client: to, server: from } = channel();
  const ours = keep(accept(listener, peer, to, Buffer.from('connection 7')));
  assert.equal(ours & UNTOLD, 0);
  assert.equal(formatAddress(peer, 0).port, describe(client).port);
  assert.equal(openFlags(ours) & 0o2004000, 0o2004000);
  const { message, fd } = told(from);
  assert.equal(message, 'connection 7');
  write(client, Buffer.from('both'), 0, 4);
  await ready(ours);
  assert.equal(read(fd, bytes, 0, 64), 4);
  assert.equal(read(ours, bytes, 0, 64), -EAGAIN);
});

test('a connection outlives the process that accepted it', async () => {
  const { listener, client } = await waiting();
  const name = `node-reuseport telling ${process.pid}`;
  const names = keep(listenChannel(name));
  const child = await startChild(
    `const channel = reuseport.connectChannel('${name}');
    const fd = reuseport.accept(3, new Uint8Array(28), channel, Buffer.from('mine'));
    assert.ok(fd > 0 && !(fd & reuseport.UNTOLD));
    reuseport.write(fd, Buffer.from('half an '), 0, 8);
    console.log('accepted');
    setInterval(() => {}, 1000);`,
    [listener],
  );
  const from = await acceptNext(names);
  await killChild(child);
  const { message, fd } = told(from);
  assert.equal(message, 'mine');
  assert.equal(write(fd, Buffer.from('answer'), 0, 6), 6);
  await ready(client);
  assert.equal(bytes.toString('latin1', 0, read(client, bytes, 0, 64)), 'half an answer');
  write(client, Buffer.from('thanks'), 0, 6);
  await ready(fd);
  assert.equal(read(fd, bytes, 0, 64), 6);
});

test('nothing is told when no connection waits', () => {
  const listener = keep(listenTcp({ address, port: 0 }));
  const { client: to, server: from } = channel();
  assert.equal(accept(listener, peer, to, Buffer.from('m')), -EAGAIN);
  assert.equal(receiveMessage(from, bytes, new Int32Array(2)), -EAGAIN);
});

const deaf = {
  full: ({ client }) => {
    const none = new Int32Array(0);
    let sent;
    do sent = sendMessage(client, bytes, bytes.length, none);
    while (sent > 0);
    assert.equal(sent, -EAGAIN);
    return client;
  },
  closed: ({ client, server }) => {
    closeNow(server);
    return client;
  },
  'no descriptor': () => 1 << 30,
  'no channel': ({ listener }) => listener,
};

for (const [state, make] of Object.entries(deaf)) {
  test(`a connection accepted while the channel is ${state} is marked, and good`, async () => {
    const to = make(channel());
    const { listener, client } = await waiting();
    const before = countOpen('socket');
    const result = accept(listener, peer, to, Buffer.from('m'));
    assert.ok(result > 0 && (result & UNTOLD) === UNTOLD, String(result));
    const fd = keep(result & ~UNTOLD);
    assert.equal(countOpen('socket'), before + 1);
    write(fd, Buffer.from('hello'), 0, 5);
    await ready(client);
    assert.equal(read(client, bytes, 0, 64), 5);
  });
}

test('a message that is none is refused, and the connection waits on', async () => {
  const { listener } = await waiting();
  const { client: to } = channel();
  const taken = new Uint8Array(8);
  structuredClone(taken.buffer, { transfer: [taken.buffer] });
  for (const message of [new Uint8Array(0), taken, new Int32Array(2), 'm', undefined]) {
    assert.throws(() => accept(listener, peer, to, message), { name: 'TypeError' });
  }
  assert.ok(keep(accept(listener, peer)) > 0);
});
