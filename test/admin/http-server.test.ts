// http-server.test — a client that asks without end, reads nothing, or holds connections costs others nothing and us little.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from 'node-reuseport';
import type { Reply, Request } from '../../src/admin/http-connection.ts';
import { type HttpSettings, serveHttp } from '../../src/admin/http-server.ts';
import { Bound } from '../../src/budget.ts';
import { LabClock } from '../lab/clock.ts';

const panics: unknown[] = [];

function started(
  t: TestContext,
  most: number,
  given: Partial<HttpSettings> = {},
  body: Reply['body'] = 'OK\n',
) {
  const asked: Request[] = [];
  const bound = new Bound('admin_connections', 'connections', most);
  const clock = new LabClock();
  const settings = { bound, share: most, now: clock.now, onPanic: (e: unknown) => panics.push(e), ...given };
  const server = serveHttp({ address: '127.0.0.1', port: 0 }, settings, async (request) => {
    asked.push(request);
    return { status: 200, type: 'text/plain', body };
  });
  t.after(() => server.stop());
  const { port } = server.endpoint;
  const dial = async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    t.after(() => socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  return { asked, bound, clock, port, dial };
}

/** All that comes until the connection ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  if (!socket.closed) await once(socket, socket.readableEnded ? 'close' : 'end');
  return text;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}

const get = 'GET /health?probe=1 HTTP/1.1\r\nhost: x\r\n\r\n';

test('one request of a connection is answered, then it ends, and its place is free', async (t) => {
  const { dial, asked, bound } = started(t, 4);
  const socket = await dial();
  socket.write(get);
  const reply = await readAll(socket);
  assert.match(
    reply,
    /^HTTP\/1\.1 200 OK\r\n(.*\r\n)*content-length: 3\r\n(.*\r\n)*connection: close\r\n\r\nOK\n$/,
  );
  assert.deepEqual(asked, [{ method: 'GET', path: '/health' }]);
  socket.end();
  await until(() => bound.held === 0);
});

test('of requests in one piece the first alone is looked at, and its answer arrives', async (t) => {
  const { dial, asked } = started(t, 4);
  const socket = await dial();
  socket.write(get.repeat(1600)); // 64 KiB, for which node:http takes 40 ms
  assert.match(await readAll(socket), /OK\n$/);
  assert.equal(asked.length, 1);
});

test('nothing is composed for a client that has not read what it asked for before', async (t) => {
  const { dial, asked, bound, clock } = started(t, 4, {}, new Uint8Array(16 * 1024 * 1024));
  const socket = await dial();
  socket.pause();
  for (let n = 0; n < 100; n++) socket.write(get.repeat(100));
  await until(() => asked.length > 0);
  assert.equal(bound.held, 1);
  clock.skip(6);
  await until(() => bound.held === 0);
  assert.equal(asked.length, 1);
});

for (const [what, sent] of [
  ['nothing', ''],
  ['half a head', 'GET /metrics HTTP/1.1\r\nhost: x'],
  ['a body without end', `POST /metrics HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n${'x'.repeat(1000)}`],
] as const) {
  test(`connections that send ${what} shut out no newcomer and are ended after 5 s`, async (t) => {
    const { dial, bound, clock } = started(t, 8);
    const held = await Promise.all(Array.from({ length: 16 }, dial));
    for (const socket of held) socket.write(sent);
    await until(() => bound.refused >= 8);
    const socket = await dial();
    socket.write(get);
    assert.match(await readAll(socket), /OK\n$/);
    socket.end();
    clock.skip(6);
    await until(() => bound.held === 0);
  });
}

test('a source that has its share makes room itself, the connections of others stay', async (t) => {
  const { dial, bound } = started(t, 8, { share: 2 });
  const [first, second] = [await dial(), await dial()];
  await until(() => bound.held === 2);
  const third = await dial();
  await readAll(first);
  second.write(get);
  third.write(get);
  assert.deepEqual(
    [await readAll(second), await readAll(third)].map((text) => text.endsWith('OK\n')),
    [true, true],
  );
  assert.equal(bound.refused, 1);
});

test('many requests at once take a slice of each turn of the loop', async (t) => {
  let turn = 0;
  const turns = new Map<number, number>();
  const counting = setInterval(() => turn++, 0);
  t.after(() => clearInterval(counting));
  const bound = new Bound('admin_connections', 'connections', 32);
  const settings = { bound, share: 32, now: monotonicMs, onPanic: (error: unknown) => panics.push(error) };
  const server = serveHttp({ address: '127.0.0.1', port: 0 }, settings, async () => {
    turns.set(turn, (turns.get(turn) ?? 0) + 1);
    for (const until = monotonicMs() + 1.5; monotonicMs() < until; ); // more than its share of a turn
    return { status: 200, type: 'text/plain', body: 'OK\n' };
  });
  t.after(() => server.stop());
  const sockets = Array.from({ length: 16 }, () => connect(server.endpoint.port, '127.0.0.1'));
  for (const socket of sockets) socket.write(get);
  const replies = await Promise.all(sockets.map(readAll));
  assert.ok(replies.every((reply) => reply.endsWith('OK\n')));
  assert.ok(Math.max(...turns.values()) <= 2, JSON.stringify([...turns.values()]));
});

test('at :: clients of both families are answered', async (t) => {
  const bound = new Bound('admin_connections', 'connections', 4);
  const settings = { bound, share: 4, now: () => 0, onPanic: (error: unknown) => panics.push(error) };
  const reply = { status: 200, type: 'text/plain', body: 'OK\n' };
  const server = serveHttp({ address: '::', port: 0 }, settings, async () => reply);
  t.after(() => server.stop());
  for (const host of ['127.0.0.1', '[::1]'])
    assert.equal(await (await fetch(`http://${host}:${server.endpoint.port}/`)).text(), 'OK\n', host);
});

test('what is no request is refused at once, and a client that ends after its request is answered', async (t) => {
  const { dial } = started(t, 8);
  for (const [sent, status] of [
    ['\x16\x03\x01\x02\x00\x01\x00', 400], // TLS
    ['GET /health\r\n', 400],
    ['get /health HTTP/1.1\r\n', 400],
    ['GET /health HTTP/2.0\r\n\r\n', 400],
    [`GET /${'x'.repeat(9000)}`, 431],
    [`GET / HTTP/1.1\r\nx: ${'x'.repeat(9000)}`, 431],
    ['\r\nHEAD /health HTTP/1.0\n\n', 200],
    ['GET /health HTTP/1.1\r\n\r\n', 200],
  ] as const) {
    const socket = await dial();
    socket.end(sent, 'latin1');
    assert.match(
      await readAll(socket),
      new RegExp(`^HTTP/1\\.1 ${status} `),
      JSON.stringify(sent.slice(0, 40)),
    );
  }
  const slow = await dial();
  for (const piece of ['\r', '\nG', 'ET', ' /hea', 'lth HT', 'TP/1.', '1\r', '\n\r', '\n']) {
    slow.write(piece);
    await pause(2);
  }
  assert.match(await readAll(slow), /OK\n$/);
  assert.deepEqual(panics, []);
});
