// ask-cluster-dns.test — which answers of the cluster DNS count, and what is said of each that does not.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { askClusterDns } from '../../src/gate/ask-cluster-dns.ts';
import { freePort } from '../lab/free-port.ts';

/** A server that does this with each question, given without its length. */
async function server(t: TestContext, does: (socket: Socket, query: Buffer) => void) {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => does(socket, bytes.subarray(2)));
  }).listen(0, '127.0.0.1');
  t.after(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(listener, 'listening');
  return { address: '127.0.0.1', port: (listener.address() as { port: number }).port };
}

function answers(rcode: number) {
  return (socket: Socket, query: Buffer) => {
    const reply = Buffer.from(query);
    reply.writeUInt16BE(0x8180 | rcode, 2);
    socket.write(Buffer.concat([Buffer.of(reply.length >> 8, reply.length & 0xff), reply]));
  };
}

const ask = (...clusterDns: { address: string; port: number }[]) =>
  askClusterDns({ clusterDns, clusterDomain: 'k8s.example' }, 200);

test('NOERROR of one of them is enough; the name is of the cluster domain', async (t) => {
  let asked = '';
  const well = await server(t, (socket, query) => {
    asked = query.subarray(12).toString('latin1');
    answers(0)(socket, query);
  });
  const silent = await server(t, () => {});
  assert.equal(await ask(silent, well), undefined);
  assert.equal(asked, '\x0akubernetes\x07default\x03svc\x03k8s\x07example\0\0\x01\0\x01');
});

test('an answer that comes byte by byte is one', async (t) => {
  const slow = await server(t, (socket, query) => {
    const write = (bytes: Buffer) => {
      for (const byte of bytes) socket.write(Buffer.of(byte));
    };
    answers(0)({ write } as unknown as Socket, query);
  });
  assert.equal(await ask(slow), undefined);
});

for (const [what, does, reason] of [
  ['NXDOMAIN', answers(3), /does not exist \(NXDOMAIN\), so k8s\.example is not the domain of this cluster/],
  ['REFUSED', answers(5), /kubernetes\.default\.svc\.k8s\.example: it answers REFUSED/],
  ['SERVFAIL', answers(2), /it answers SERVFAIL/],
  ['silence', () => {}, /no answer within 200 ms/],
  ['an end', (socket: Socket) => void socket.end(), /closed without an answer/],
  ['something else', (socket: Socket) => void socket.write('\0\x02hi'), /no answer to it/],
] as const)
  test(`${what} is a reason`, async (t) => {
    const reply = await ask(await server(t, does));
    assert.match(reply ?? '', /^127\.0\.0\.1:\d+/);
    assert.match(reply ?? '', reason);
  });

test('where nothing listens, the reason says so, and of many servers three are named', async () => {
  const closed = { address: '127.0.0.1', port: await freePort() };
  assert.match((await ask(closed)) ?? '', /^127\.0\.0\.1:\d+, asked over TCP .*: nothing listens there$/);
  const reply = (await ask(closed, closed, closed, closed, closed)) ?? '';
  assert.equal(reply.split('; ').length, 4);
  assert.match(reply, /; and 2 more, likewise$/);
});
