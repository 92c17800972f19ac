// fence.test — calls are made while no process has taken what is ours, and not afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Arena,
  bindUdp,
  EAGAIN,
  EPIPE,
  ESTALE,
  FENCE_PLACES,
  Fence,
  HEAD_USER,
  openNetlink,
  peek,
  read,
  write,
} from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { connection } from './lab/connection.mjs';
import { keep, ready } from './lab/descriptors.mjs';

const OWN = HEAD_USER;
const TAKEN = HEAD_USER + 3;
const bytes = Buffer.from('some bytes');

/** A fence of ours with number 7, and the words in which others would say that they have taken it. */
function fenced(others = 1) {
  const arena = new Arena({ ring: 1 });
  arena.header[OWN] = 7;
  const fence = new Fence(arena.fd, OWN);
  const theirs = Array.from({ length: others }, () => new Arena({ ring: 1 }));
  for (const [place, { fd }] of theirs.entries()) fence.watch(place, fd, TAKEN);
  const take = (place, number) => {
    theirs[place].header[TAKEN] = number;
  };
  return { arena, fence, take };
}

test('what a fenced call does and returns is what the plain one does and returns', async () => {
  const { client, server } = await connection();
  const { fence } = fenced();
  assert.equal(fence.write(server, bytes, 5, 5), 5);
  await ready(client);
  const buffer = Buffer.alloc(10);
  assert.equal(read(client, buffer, 0, 10), 5);
  assert.equal(buffer.toString('latin1', 0, 5), 'bytes');
  assert.equal(fence.discard(server, 1), -EAGAIN);
  write(client, bytes, 0, 10);
  assert.equal(fence.wakeAt(server, 10), 0);
  await ready(server);
  assert.equal(fence.discard(server, 4), 4);
  assert.equal(peek(server, buffer, 0, 10), 6);
  assert.equal(fence.shutdown(server, 1), 0);
  assert.equal(fence.write(server, bytes, 0, 1), -EPIPE);
  assert.equal(fence.write(1 << 30, bytes, 0, 1), -9);
});

test('no call is made once it is taken, in whichever place, until our number is another', async () => {
  const { client, server } = await connection();
  const { arena, fence, take } = fenced(FENCE_PLACES);
  write(client, bytes, 0, 10);
  await ready(server);
  for (let place = 0; place < FENCE_PLACES; place++) {
    take(place, 7);
    assert.equal(fence.write(server, bytes, 0, 10), -ESTALE);
    assert.equal(fence.discard(server, 10), -ESTALE);
    assert.equal(fence.wakeAt(server, 100), -ESTALE);
    assert.equal(fence.shutdown(server, 2), -ESTALE);
    take(place, 8);
  }
  const buffer = Buffer.alloc(20);
  assert.equal(peek(server, buffer, 0, 20), 10);
  await ready(server); // it was not told to wait for more
  assert.equal(read(client, buffer, 0, 20), -EAGAIN);
  take(2, 7);
  arena.header[OWN] = 9;
  assert.equal(fence.write(server, bytes, 0, 10), 10);
});

test('without restartable sequences it looks all the same, and says that it only looks', async () => {
  const { status, stdout, stderr } = await runChild(
    `const make = () => new reuseport.Arena({ ring: 1 });
    const [ours, theirs] = [make(), Array.from({ length: reuseport.FENCE_PLACES }, make)];
    const fence = new reuseport.Fence(ours.fd, ${OWN});
    ours.header[${OWN}] = 7;
    for (const [place, { fd }] of theirs.entries()) fence.watch(place, fd, ${TAKEN});
    const results = theirs.map(({ header }) => {
      header[${TAKEN}] = 7;
      const result = fence.shutdown(1, 2);
      header[${TAKEN}] = 8;
      return result;
    });
    console.log(fence.isExact, [...new Set(results)].join(), fence.shutdown(1 << 30, 2));`,
    { under: ['env', 'GLIBC_TUNABLES=glibc.pthread.rseq=0'] },
  );
  assert.deepEqual([status, stdout], [0, `false ${-ESTALE} -9\n`], stderr);
});

test('of each place the last word that was named counts, or none', async () => {
  const { server } = await connection();
  const { fence, take } = fenced(1);
  take(0, 7);
  fence.watch(0, new Arena({ ring: 1 }).fd, TAKEN);
  assert.equal(fence.write(server, bytes, 0, 1), 1);
  const other = new Arena({ ring: 1 });
  other.header[TAKEN] = 7;
  fence.watch(3, other.fd, TAKEN);
  assert.equal(fence.write(server, bytes, 0, 1), -ESTALE);
  fence.watch(3, -1, 0);
  assert.equal(fence.write(server, bytes, 0, 1), 1);
});

test('it goes by memory that its maker and everybody else has forgotten', async () => {
  const { status, stdout, stderr } = await runChild(
    `const fenced = () => {
      const [ours, theirs] = [new reuseport.Arena({}), new reuseport.Arena({})];
      ours.header[70] = theirs.header[71] = 7;
      const fence = new reuseport.Fence(ours.fd, 70);
      fence.watch(0, theirs.fd, 71);
      return fence;
    };
    let fence = fenced();
    for (let i = 0; i < 50; i++) {
      globalThis.gc();
      new reuseport.Arena({});
      await new Promise(setImmediate);
      assert.equal(fence.write(1, Buffer.from('x'), 0, 1), -reuseport.ESTALE);
    }
    const { shutdown } = fence;
    fence = undefined;
    for (let i = 0; i < 5; i++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    assert.equal(shutdown(1, 2), -reuseport.ESTALE);
    console.log('done');`,
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual([status, stdout], [0, 'done\n'], stderr);
});

test('a fence that is forgotten, or could not be made, leaves nothing mapped', async () => {
  const { status, stdout, stderr } = await runChild(
    `import { readFileSync } from 'node:fs';
    const mapped = () => readFileSync('/proc/self/maps', 'latin1').split('node-reuseport arena').length;
    const arena = new reuseport.Arena({});
    const before = mapped();
    class Touchy extends reuseport.Fence {
      set discard(_) {
        throw new Error('not this one');
      }
    }
    for (let i = 0; i < 20; i++) {
      new reuseport.Fence(arena.fd, 64).watch(i % 4, arena.fd, 65);
      assert.throws(() => new Touchy(arena.fd, 64), /not this one/);
      assert.throws(() => new reuseport.Fence(arena.fd, 64).watch(0, 1 << 30, 65));
    }
    assert.ok(mapped() > before);
    for (let i = 0; i < 20 && mapped() > before; i++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
    assert.equal(mapped(), before);
    console.log('done');`,
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual([status, stdout], [0, 'done\n'], stderr);
});

test('what is no socket is written to as well', () => {
  const { fence, take } = fenced();
  const netlink = keep(openNetlink(0, 0));
  assert.equal(fence.write(netlink, new Uint8Array(16), 0, 16), 16);
  take(0, 7);
  assert.equal(fence.write(netlink, new Uint8Array(16), 0, 16), -ESTALE);
});

test('memory that may become smaller, or is too small, is refused, and words that are not the user’s', () => {
  const { arena, fence } = fenced();
  const socket = keep(bindUdp({ address: '127.0.0.1', port: 0 }));
  assert.throws(() => new Fence(socket, OWN), { syscall: 'fcntl' });
  assert.throws(() => new Fence(1 << 30, OWN), { code: 'EBADF' });
  assert.throws(() => fence.watch(0, socket, OWN), { syscall: 'fcntl' });
  for (const word of [0, HEAD_USER - 1, 1024, -1]) {
    assert.throws(() => new Fence(arena.fd, word), TypeError);
    assert.throws(() => fence.watch(0, arena.fd, word), TypeError);
  }
  for (const place of [-1, FENCE_PLACES]) assert.throws(() => fence.watch(place, arena.fd, OWN), TypeError);
  assert.throws(() => Fence(arena.fd, OWN), TypeError);
});
