// peeking.test — bytes that are looked at stay in the kernel until they are discarded, for all holders of the connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bindUdp,
  connectUdp,
  describe,
  discard,
  EAGAIN,
  Poller,
  peek,
  READABLE,
  read,
  shutdown,
  wakeAt,
  write,
} from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { connection } from './lab/connection.mjs';
import { keep, ready } from './lab/descriptors.mjs';

const address = '127.0.0.1';
const buffer = Buffer.alloc(100);
const seen = (take, fd, length = 100) => {
  const count = take(fd, buffer, 0, length);
  return count < 0 ? count : buffer.toString('latin1', 0, count);
};

async function say(client, server, text) {
  assert.equal(write(client, Buffer.from(text), 0, text.length), text.length);
  await ready(server);
}

test('bytes can be looked at again and again, and are read afterwards', async () => {
  const { client, server } = await connection();
  assert.equal(seen(peek, server), -EAGAIN);
  await say(client, server, 'question');
  assert.deepEqual([seen(peek, server), seen(peek, server, 3)], ['question', 'que']);
  const into = Buffer.alloc(6, '.');
  assert.equal(peek(server, into, 1, 4), 4);
  assert.equal(into.toString(), '.ques.');
  assert.equal(seen(read, server), 'question');
  assert.equal(seen(peek, server), -EAGAIN);
  shutdown(client, 1);
  await ready(server);
  assert.deepEqual([seen(peek, server), seen(peek, server)], ['', '']);
});

test('a datagram that is looked at is still there', () => {
  const server = keep(bindUdp({ address, port: 0 }));
  write(keep(connectUdp({ address, port: describe(server).port })), Buffer.from('datagram'), 0, 8);
  assert.deepEqual([seen(peek, server), seen(read, server)], ['datagram', 'datagram']);
});

test('discard takes as many bytes as told, fewer only when there are no more', async () => {
  const { client, server } = await connection();
  assert.equal(discard(server, 5), -EAGAIN);
  await say(client, server, 'one two three');
  assert.equal(discard(server, 0), 0);
  assert.equal(discard(server, 4), 4);
  assert.equal(seen(peek, server), 'two three');
  assert.equal(discard(server, 4), 4);
  assert.equal(discard(server, 2 ** 31 - 1), 5);
  shutdown(client, 1);
  await ready(server);
  assert.equal(discard(server, 5), 0);
  assert.equal(discard(1 << 30, 5), -9);
});

test('more than one buffer of the kernel is discarded exactly', async () => {
  const { client, server } = await connection();
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
  assert.equal(write(client, bytes, 0, bytes.length), bytes.length);
  wakeAt(server, bytes.length);
  await ready(server);
  for (let left = 0; left < 90_000; left += 30_000) assert.equal(discard(server, 30_000), 30_000);
  assert.equal(read(server, buffer, 0, 100), 100);
  assert.deepEqual(buffer, bytes.subarray(90_000, 90_100));
});

test('a holder killed after the first message leaves the second whole, however much it looked at', async () => {
  const { client, server } = await connection();
  await say(client, server, 'first|second|thi');
  const child = await startChild(
    `const bytes = Buffer.alloc(100);
    assert.equal(reuseport.peek(3, bytes, 0, 100), 16);
    assert.equal(reuseport.discard(3, 6), 6);
    assert.equal(reuseport.peek(3, bytes, 0, 100), 10);
    console.log('discarded');
    setInterval(() => {}, 1000);`,
    [server],
  );
  await killChild(child);
  assert.equal(seen(read, server), 'second|thi');
});

/** The tags told until the descriptor of tag 2, which is always ready, was told three times. */
const toldTags = (watch) =>
  new Promise((resolve) => {
    const tags = [];
    const poller = new Poller((count) => {
      for (let i = 0; i < count; i++) tags.push(poller.events[2 * i]);
      if (tags.filter((tag) => tag === 2).length < 3) return;
      poller.close();
      resolve([...new Set(tags)].sort());
    });
    watch(poller);
  });

for (const how of ['add', 'addBusy']) {
  test(`a message that is not whole wakes no poller, the rest of it or the end does: ${how}`, async () => {
    const { client, server } = await connection();
    const other = keep(bindUdp({ address, port: 0 }));
    write(keep(connectUdp({ address, port: describe(other).port })), Buffer.from('x'), 0, 1);
    const woken = () =>
      toldTags((poller) => {
        if (how === 'add') poller.add(server, READABLE, 1);
        else poller.addBusy(server, 1);
        poller.add(other, READABLE, 2);
      });
    await say(client, server, 'messag');
    assert.equal(wakeAt(server, 7), 0);
    assert.deepEqual(await woken(), [2]);
    await say(client, server, 'e');
    assert.deepEqual(await woken(), [1, 2]);
    assert.equal(discard(server, 1), 1);
    assert.deepEqual(await woken(), [2]);
    shutdown(client, 1);
    await ready(server);
    assert.deepEqual(await woken(), [1, 2]);
    assert.equal(seen(read, server), 'essage');
  });
}

test('only what is a socket can wait for more', () => {
  assert.equal(wakeAt(1 << 30, 1), -9);
});
