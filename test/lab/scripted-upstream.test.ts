// scripted-upstream.test — the scripted upstream does to a client what a test tells it to, and remembers what it was asked.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askTcp, askUdp, TcpClient, UdpClient } from './client.ts';
import { addresses, parseMessage } from './message.ts';
import { a } from './records.ts';
import { ScriptedUpstream } from './scripted-upstream.ts';
import { plain, type Script, silent } from './scripts.ts';
import { buildQuery, buildReply, frame, nameBytes, types } from './wire.ts';

async function start(t: TestContext, script?: Script): Promise<ScriptedUpstream> {
  const upstream = await ScriptedUpstream.start(script);
  t.after(() => upstream.stop());
  return upstream;
}

test('answers over UDP and TCP on one port and logs both', async (t) => {
  const { endpoint, log } = await start(t);
  assert.deepEqual(addresses(parseMessage(await askUdp(endpoint, buildQuery()))), ['192.0.2.1']);
  const query = buildQuery({ name: [Buffer.of(0xff), 'com'], type: types.AAAA });
  assert.equal(parseMessage(await askTcp(endpoint, query)).authority.length, 1);
  assert.deepEqual(
    log.map(({ index, transport, connection, type }) => [index, transport, connection, type]),
    [
      [0, 'udp', 0, types.A],
      [1, 'tcp', 1, types.AAAA],
    ],
  );
  assert.deepEqual([log[1]?.bytes, log[1]?.name], [query, nameBytes([Buffer.of(0xff), 'com'])]);
});

test('received(n) waits for the n-th query, and gives up', async (t) => {
  const upstream = await start(t, silent);
  const client = await UdpClient.open(upstream.endpoint);
  t.after(() => client.close());
  const two = upstream.received(2);
  client.send(buildQuery({ id: 1 }));
  client.send(buildQuery({ id: 2 }));
  assert.deepEqual(
    (await two).map(({ id, sourcePort }) => [id, sourcePort]),
    [
      [1, client.port],
      [2, client.port],
    ],
  );
  await assert.rejects(upstream.received(3, 1), /query 3/);
});

test('sends several replies, from strangers too, to whom it likes', async (t) => {
  const other = await start(t, silent);
  const watcher = await UdpClient.open(other.endpoint);
  t.after(() => watcher.close());
  const upstream = await start(t, async ({ bytes }, line) => {
    await line.sendFrom('127.0.0.9', buildReply(bytes, { id: 666 }));
    return [buildReply(bytes, { id: 1 }), buildReply(bytes, { answer: [a('10.0.0.1')] })];
  });
  const client = await UdpClient.open(upstream.endpoint);
  t.after(() => client.close());
  client.send(buildQuery({ id: 2 }));
  const { before } = await client.until(2);
  assert.deepEqual(
    before.map((reply) => reply.readUInt16BE(0)),
    [1],
    'a connected client never sees the stranger',
  );
});

test('cuts frames, closes and resets connections', async (t) => {
  const upstream = await start(t, ({ bytes, index }, line) => {
    if (index === 1) return line.close() as undefined;
    if (index === 2) return line.reset() as undefined;
    const reply = frame(buildReply(bytes));
    line.raw(reply.subarray(0, 5));
    line.raw(reply.subarray(5));
    return undefined;
  });
  const [whole, closed, reset] = [
    await TcpClient.open(upstream.endpoint),
    await TcpClient.open(upstream.endpoint),
    await TcpClient.open(upstream.endpoint),
  ];
  whole.send(buildQuery({ id: 5 }));
  assert.equal(parseMessage(await whole.next()).id, 5);
  closed.send(buildQuery());
  await assert.rejects(closed.next(), /closed the connection/);
  reset.send(buildQuery());
  await assert.rejects(reset.next(), /ECONNRESET/);
  assert.equal(upstream.connections, 3);
  for (const client of [whole, closed]) client.close();
  await upstream.when(() => upstream.openConnections === 0, 'all connections to close');
});

test('the script can change while it runs', async (t) => {
  const upstream = await start(t, silent);
  await assert.rejects(askUdp(upstream.endpoint, buildQuery(), { timeoutMs: 20 }), /no message/);
  upstream.script = plain;
  await askUdp(upstream.endpoint, buildQuery());
});

test('a fault in a script is not passed over', async () => {
  const upstream = await ScriptedUpstream.start(() => {
    throw new Error('oops');
  });
  const client = await UdpClient.open(upstream.endpoint);
  client.send(buildQuery());
  await upstream.received(1);
  await client.close();
  await assert.rejects(upstream.stop(), /script threw/);
});
