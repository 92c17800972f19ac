// tcp.test — TCP towards clients: framing, pipelining, order, half-close (section D).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { close, listenTcp, setDelayedAck } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { a, manyAddresses, txt } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { cutting, Gate, plain, replying } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, frame, questionOf, rcodes, types, words } from '../lab/wire.ts';

test('a query in pieces is put together', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  const bytes = frame(buildQuery({ id: 9, name: 'pieces.example' }));
  for (const at of bytes.keys()) await client.chunk(bytes.subarray(at, at + 1));
  assert.deepEqual(addresses(parseMessage(await client.next())), ['192.0.2.1']);
});

test('who sends length and message apart waits less than at a server that reads what comes', async (t) => {
  const lab = await startLab(t);
  const [there, here] = [await apart(lab.upstream.endpoint), await apart(lab.endpoint)];
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const known = setDelayedAck(listener, 8) === 0; // Linux 6.15
  close(listener);
  assert(known ? here < there / 2 : here < there * 2, `${here} ms, where ${there} ms are usual`);
});

test('two queries in one segment are both answered, as glibc asks them', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  const name = 'pair.example';
  client.send(buildQuery({ id: 1, name }), buildQuery({ id: 2, name, type: types.AAAA }));
  const replies = [parseMessage(await client.next()), parseMessage(await client.next())];
  assert.deepEqual(replies.map(({ id }) => id).sort(), [1, 2]);
  for (const { id, answer } of replies) assert.equal(answer.length, id === 1 ? 1 : 0);
});

test('a fast answer does not wait for a slow one', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('slow'))] });
  const client = await lab.tcp();
  client.send(buildQuery({ id: 1, name: 'slow.example' }));
  client.send(buildQuery({ id: 2, name: 'fast.example' }));
  assert.equal((await client.next()).readUInt16BE(0), 2);
  gate.open();
  const slow = await client.next();
  assert.equal(slow.readUInt16BE(0), 1);
  assert.deepEqual(questionOf(slow), questionOf(buildQuery({ name: 'slow.example' })));
});

test('100 pipelined queries get 100 answers', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  client.send(...Array.from({ length: 100 }, (_, id) => buildQuery({ id, name: `n${id}.example` })));
  const ids = new Set<number>();
  while (ids.size < 100) {
    const reply = parseMessage(await client.next());
    assert.deepEqual(reply.question, questionOf(buildQuery({ name: `n${reply.id}.example` })));
    ids.add(reply.id);
  }
});

test('one id for two questions at once: each answer has its own', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  const queries = ['a.example', 'b.example'].map((name) => buildQuery({ id: 7, name }));
  client.send(...queries);
  const questions = [questionOf(await client.next()), questionOf(await client.next())];
  assert.deepEqual(
    new Set(questions.map(String)),
    new Set(queries.map((query) => String(questionOf(query)))),
  );
});

test('empty frames do not hold up others', async (t) => {
  const lab = await startLab(t);
  await lab.ask('good.example');
  const client = await lab.tcp();
  client.raw(Buffer.alloc(200_000));
  const { value, ms } = await timed(lab.ask('good.example'));
  assert.equal(value.rcode, rcodes.NOERROR);
  assert(ms < 500, `${ms} ms`);
});

for (const length of [1, 11, 14]) {
  test(`a length of ${length} in front of a longer query never leads to a wrong answer`, async (t) => {
    const lab = await startLab(t);
    const client = await lab.tcp();
    const query = buildQuery({ id: 3, name: 'cut.example' });
    client.raw(Buffer.concat([words(length), query]));
    client.halfClose();
    for (;;) {
      const heard = await client.next().catch(() => undefined);
      if (!heard) break;
      assert.notEqual(heard.readUInt8(3) & 15, rcodes.NOERROR);
    }
    assert.deepEqual(lab.upstream.asked('cut.example'), []);
  });
}

for (const length of [1, 1024, 65_533]) {
  test(`${length} bytes of garbage in a right frame: the next query is answered, or the connection closed`, async (t) => {
    const lab = await startLab(t);
    const client = await lab.tcp();
    client.send(Buffer.alloc(length, 0x5a));
    client.send(buildQuery({ id: 60_001, name: 'after.example' }));
    const heard = await client.until(60_001).catch(() => undefined);
    if (heard) assert.deepEqual(addresses(parseMessage(heard.message)), ['192.0.2.1']);
    else await client.closed();
    assert.equal((await lab.ask('good.example', 'tcp')).rcode, rcodes.NOERROR);
  });
}

test('a client that has sent its FIN still gets a slow answer', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)] });
  const client = await lab.tcp();
  client.send(buildQuery({ id: 5, name: 'slow.example' }));
  client.halfClose();
  await lab.upstream.when(() => lab.upstream.asked('slow.example').length === 1, 'the query');
  gate.open();
  assert.deepEqual(addresses(parseMessage(await client.next())), ['192.0.2.1']);
  await client.closed();
});

test('a client gone before its answer harms nobody', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)] });
  const client = await lab.tcp();
  client.send(buildQuery({ name: 'gone.example' }));
  await lab.upstream.when(() => lab.upstream.asked('gone.example').length === 1, 'the query');
  client.reset();
  gate.open();
  assert.deepEqual(addresses(await lab.ask('gone.example', 'tcp')), ['192.0.2.1']);
});

test('20,000 cached queries on one connection', async (t) => {
  const lab = await startLab(t);
  await lab.ask('hot.example');
  const client = await lab.tcp();
  const batch = Array.from({ length: 200 }, (_, id) => buildQuery({ id, name: 'hot.example' }));
  let before = 0;
  for (let round = 0; round < 100; round++) {
    client.send(...batch);
    for (const _ of batch) assert.equal((await client.next()).readUInt8(3) & 15, rcodes.NOERROR);
    if (round === 20) before = process.memoryUsage.rss();
  }
  assert(process.memoryUsage.rss() - before < 40 * 2 ** 20);
});

test('a TCP client gets the complete data, however the upstream is asked', async (t) => {
  const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(500) })] });
  for (const round of ['miss', 'hit']) {
    const reply = await lab.ask('big.example', 'tcp');
    assert.deepEqual([reply.tc, new Set(addresses(reply)).size], [false, 500], round);
  }
});

test('a client that sends and never reads is held back, and nobody else', async (t) => {
  const strings = Array.from({ length: 60 }, () => 'y'.repeat(250));
  const lab = await startLab(t, { upstreams: [cutting({ answer: [txt({}, ...strings)] })] });
  const query = buildQuery({ name: 'big.example', type: types.TXT });
  await lab.ask(query, 'tcp');
  const before = process.memoryUsage.rss();
  const client = await lab.tcp();
  client.pause();
  for (let i = 0; i < 50; i++) client.send(...Array.from({ length: 100 }, () => query)); // 75 MB of answers
  for (let i = 0; i < 20; i++) {
    const { ms } = await timed(lab.ask({ name: 'big.example', type: types.TXT }));
    assert(ms < 500, `${ms} ms`);
  }
  assert(process.memoryUsage.rss() - before < 40 * 2 ** 20);
});

test('answers over UDP and TCP are the same', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: [a('10.1.2.3')] })] });
  for (const transport of ['udp', 'tcp', 'udp', 'tcp'] as const) {
    assert.deepEqual(addresses(await lab.ask('same.example', transport)), ['10.1.2.3']);
  }
  assert.equal(lab.upstream.asked('same.example').length, 1);
});

/** Median milliseconds to an answer when Nagle's algorithm keeps a message back until its length is acknowledged. */
async function apart({ address, port }: Endpoint): Promise<number> {
  const rounds = 9;
  const socket = connect({ host: address, port, noDelay: false });
  const took: number[] = [];
  for (let id = 0; id < rounds; id++) {
    const bytes = frame(buildQuery({ id, name: 'apart.example' }));
    const began = performance.now();
    socket.write(bytes.subarray(0, 2));
    socket.write(bytes.subarray(2));
    await once(socket, 'data');
    took.push(performance.now() - began);
  }
  socket.destroy();
  return took.sort((x, y) => x - y)[rounds >> 1]!;
}
