// waiting.test — no call waits, whatever another process that holds the descriptor does to it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import {
  accept,
  connectTcp,
  describe,
  EAGAIN,
  isUrgent,
  listenTcp,
  peek,
  wakeAt,
  write,
} from 'node-reuseport';
import { connection } from './lab/connection.mjs';
import { closeNow, keep, openFlags, ready } from './lab/descriptors.mjs';

const address = '127.0.0.1';
const NONBLOCK = 0o4000;
const peer = new Uint8Array(28);

/** Runs Python, since Node can change nothing of a descriptor, with this one as its standard input. */
function python(fd, code) {
  const { status, stderr } = spawnSync('python3', ['-c', code], { stdio: [fd, 'ignore', 'pipe'] });
  assert.equal(status, 0, String(stderr));
}

test('accepting waits for no connection, though another process has made the listener blocking', () => {
  const listener = keep(listenTcp({ address, port: 0 }));
  python(listener, 'import os; os.set_blocking(0, True)');
  assert.equal(openFlags(listener) & NONBLOCK, 0, 'the listener is not blocking');
  assert.equal(accept(listener, peer), -EAGAIN);
  assert.equal(openFlags(listener) & NONBLOCK, NONBLOCK);
});

test('nor while that process makes it blocking all the time', async () => {
  const listener = keep(listenTcp({ address, port: 0 }));
  const code = 'import os\nos.write(1, b".")\nwhile True: os.set_blocking(0, True)';
  const hostile = spawn('python3', ['-c', code], { stdio: [listener, 'pipe', 'inherit'] });
  await once(hostile.stdout, 'data');
  try {
    for (let i = 0; i < 100; i++) assert.equal(accept(listener, peer), -EAGAIN);
    const client = keep(connectTcp({ address, port: describe(listener).port }));
    await ready(listener);
    keep(accept(listener, peer));
    assert.equal(describe(client).type, 'tcp');
  } finally {
    hostile.kill('SIGKILL');
    await once(hostile, 'exit');
  }
});

test('closing waits for no client that does not read, though another process wants it to linger', async () => {
  const { server } = await connection();
  const bytes = Buffer.alloc(1 << 20);
  while (write(server, bytes, 0, bytes.length) > 0);
  python(
    server,
    `import socket, struct
s = socket.socket(fileno=0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 30))
s.detach()`,
  );
  const started = performance.now();
  closeNow(server);
  const took = performance.now() - started;
  assert.ok(took < 10_000, `${took} ms`);
});

test('urgent data is told apart from what is not whole', async () => {
  const { client, server } = await connection();
  const buffer = Buffer.alloc(10);
  write(client, Buffer.from('par'), 0, 3);
  await ready(server);
  assert.equal(isUrgent(server), false);
  python(client, "import socket; s = socket.socket(fileno=0); s.send(b'!', socket.MSG_OOB); s.detach()");
  write(client, Buffer.from('tial'), 0, 4);
  assert.equal(wakeAt(server, 7), 0);
  await ready(server);
  assert.equal(peek(server, buffer, 0, 10), 3, 'what is behind urgent data can be seen');
  assert.equal(isUrgent(server), true);
  assert.equal(isUrgent(1 << 30), false);
});
