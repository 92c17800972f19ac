// sharing.test — several sockets, of one process or of several, serve one address and port.

import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  Arena,
  accept,
  bindUdp,
  bufferedMemory,
  connectTcp,
  connectUdp,
  describe,
  EAGAIN,
  leaveGroup,
  listenTcp,
  queueDrops,
  setReceiveBuffer,
  setSendBuffer,
  WRITABLE,
  write,
} from 'node-reuseport';
import { keep, ready } from './lab/descriptors.mjs';

const CLIENTS = 100;
const hello = Buffer.from('hello');

for (const address of ['127.0.0.1', '::1']) {
  test(`two UDP sockets share the datagrams of many source ports on ${address}`, () => {
    const first = keep(bindUdp({ address, port: 0 }));
    const { port } = describe(first);
    const second = keep(bindUdp({ address, port }));
    for (let i = 0; i < CLIENTS; i++) {
      write(keep(connectUdp({ address, port })), hello, 0, hello.length);
    }
    const arena = new Arena({ ring: 128 });
    const counts = [arena.receive(first), arena.receive(second)];
    assert.equal(counts[0] + counts[1], CLIENTS);
    assert.ok(counts[0] > 0 && counts[1] > 0, `one of them got nothing: ${counts}`);
  });

  test(`two TCP listeners share the connections of many source ports on ${address}`, async () => {
    const first = keep(listenTcp({ address, port: 0 }));
    const { port, listening } = describe(first);
    assert.equal(listening, true);
    const second = keep(listenTcp({ address, port }));
    for (let i = 0; i < CLIENTS; i++) await ready(keep(connectTcp({ address, port })), WRITABLE);
    const counts = [drain(first), drain(second)];
    assert.equal(counts[0] + counts[1], CLIENTS);
    assert.ok(counts[0] > 0 && counts[1] > 0, `one of them got nothing: ${counts}`);
  });
}

for (const address of ['127.0.0.1', '::1']) {
  test(`a socket that left its group gets nothing more and keeps what it has on ${address}`, () => {
    const first = keep(bindUdp({ address, port: 0 }));
    const { port } = describe(first);
    const second = keep(bindUdp({ address, port }));
    const send = () => {
      for (let i = 0; i < CLIENTS; i++) {
        write(keep(connectUdp({ address, port })), hello, 0, hello.length);
      }
    };
    send();
    assert.equal(leaveGroup(first), 0);
    send();
    const arena = new Arena({ ring: 256 });
    const kept = arena.receive(first);
    assert.ok(kept > 0 && kept < CLIENTS, `${kept} were kept`);
    arena.replies.set([0, 0, 0, 5]);
    assert.equal(arena.send(first, 1), 1, 'it can still answer');
    assert.equal(arena.receive(second), 2 * CLIENTS - kept);
  });
}

test('a socket bound to any address does not leave its group', () => {
  for (const address of ['0.0.0.0', '::']) {
    assert.equal(leaveGroup(keep(bindUdp({ address, port: 0 }))), -22);
  }
  assert.equal(leaveGroup(1 << 30), -9);
});

test('a receive buffer is enlarged past the limit of the machine, and never made smaller', () => {
  const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));
  const fd = keep(bindUdp({ address: '127.0.0.1', port: 0, receiveBuffer: 4096 }));
  assert.equal(setReceiveBuffer(fd, 2 * limit), 4 * limit);
  assert.equal(describe(fd).receiveBuffer, 4 * limit);
  assert.equal(setReceiveBuffer(fd, limit), 4 * limit);
  assert.throws(() => setReceiveBuffer(fd, 0), TypeError);
  assert.throws(() => setReceiveBuffer(fd, -1), TypeError);
  assert.equal(setReceiveBuffer(1 << 30, 4096), -9);
});

test('without CAP_NET_ADMIN a receive buffer stays what it is', () => {
  const program = `
    import { bindUdp, describe, setReceiveBuffer } from 'node-reuseport';
    const fd = bindUdp({ address: '127.0.0.1', port: 0 });
    const before = describe(fd).receiveBuffer;
    console.log(setReceiveBuffer(fd, 1 << 28), describe(fd).receiveBuffer - before);`;
  const without = ['--bounding-set=-net_admin', '--inh-caps=-net_admin', '--'];
  const command = [process.execPath, '--input-type=module', '--eval', program];
  const cwd = new URL('.', import.meta.url);
  const said = execFileSync('setpriv', [...without, ...command], { cwd, encoding: 'utf8' });
  assert.equal(said, '-1 0\n');
});

test('a send buffer is enlarged as far as is allowed, and not made smaller', () => {
  const limit = Number(readFileSync('/proc/sys/net/core/wmem_max', 'utf8'));
  const fd = keep(bindUdp({ address: '127.0.0.1', port: 0, sendBuffer: 8192 }));
  assert.equal(setSendBuffer(fd, 4096), 16384);
  assert.equal(setSendBuffer(fd, 2 * limit), 4 * limit);
  assert.equal(setSendBuffer(fd, limit), 4 * limit);
  assert.throws(() => setSendBuffer(fd, 0), TypeError);
  assert.equal(setSendBuffer(1 << 30, 4096), -9);
  const program = `
    import { bindUdp, setSendBuffer } from 'node-reuseport';
    console.log(setSendBuffer(bindUdp({ address: '127.0.0.1', port: 0 }), ${2 * limit}));`;
  const without = ['--bounding-set=-net_admin', '--inh-caps=-net_admin', '--'];
  const command = [process.execPath, '--input-type=module', '--eval', program];
  const said = execFileSync('setpriv', [...without, ...command], {
    cwd: new URL('.', import.meta.url),
    encoding: 'utf8',
  });
  assert.equal(said, `${2 * limit}\n`);
});

test('a free port belongs to no other socket, even among sockets that share', () => {
  for (const open of [bindUdp, listenTcp]) {
    const ports = Array.from(
      { length: 1000 },
      () => describe(keep(open({ address: '127.0.0.1', port: 0 }))).port,
    );
    assert.equal(new Set(ports).size, ports.length);
  }
});

test('two processes share one UDP port, and every datagram reaches one of them', async () => {
  const address = '127.0.0.1';
  const ours = keep(bindUdp({ address, port: 0 }));
  const { port } = describe(ours);
  const other = fork(new URL('lab/echo-process.mjs', import.meta.url).pathname, [address, String(port)], {
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  try {
    assert.deepEqual(await once(other, 'message'), ['bound', undefined]);
    const clients = Array.from({ length: CLIENTS }, () => keep(connectUdp({ address, port })));
    for (const client of clients) write(client, hello, 0, hello.length);
    const arena = new Arena({ ring: CLIENTS, replies: CLIENTS });
    const received = arena.receive(ours);
    assert.ok(received > 0 && received < CLIENTS, `one of them got nothing: ${received}`);
    const answered = new Set();
    // The clients that the other process does not answer were received here; wait for all of its answers.
    await new Promise((resolve) => {
      for (const client of clients) {
        ready(client).then(() => {
          answered.add(client);
          if (answered.size === CLIENTS - received) resolve();
        });
      }
    });
    const { replies } = arena;
    for (let cell = 0; cell < received; cell++) replies.set([cell, 0, 0, hello.length], cell * 4);
    assert.equal(arena.send(ours, received), received);
    await Promise.all(clients.map((client) => ready(client)));
  } finally {
    other.disconnect();
    await once(other, 'exit');
  }
});

// ---------------------------------------------------------------------------------------------------------------------

function drain(listener) {
  const peer = new Uint8Array(28);
  for (let count = 0; ; count++) {
    const fd = accept(listener, peer);
    if (fd === -EAGAIN) return count;
    assert.ok(fd >= 0, `accept said ${fd}`);
    keep(fd);
  }
}

test('what was dropped in front of a full queue is counted by the kernel, for that socket alone', () => {
  const full = keep(bindUdp({ address: '127.0.0.1', port: 0, receiveBuffer: 1 }));
  const empty = keep(bindUdp({ address: '127.0.0.1', port: 0 }));
  const client = keep(connectUdp({ address: '127.0.0.1', port: describe(full).port }));
  for (let n = 0; n < 100; n++) write(client, new Uint8Array(1000), 0, 1000);
  assert.ok(queueDrops(full) > 50 && queueDrops(full) <= 100, `${queueDrops(full)} of 100`);
  assert.equal(queueDrops(empty), 0);
  assert.equal(queueDrops(1 << 30), -9);
  assert.ok(bufferedMemory(full) > 1000, 'what waits in it is memory');
  assert.equal(bufferedMemory(empty), 0);
  assert.equal(bufferedMemory(1 << 30), -9);
});
