// upstream.test — the demo upstream answers like a cluster DNS, over UDP and TCP, whatever it is sent.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { startDemoUpstream } from '../../src/demo/upstream.ts';
import { askTcp, askUdp, TcpClient, UdpClient } from '../lab/client.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { buildQuery, flags, frame, header, questionBytes, questionOf, rcodes, types } from '../lab/wire.ts';

const upstream = await startDemoUpstream();
const { endpoint } = upstream;
after(() => upstream.stop());

const web = 'web.shop.svc.cluster.local';
const ring = 'ring.shop.svc.cluster.local';

test('answers with authority, without recursion, spelling the question as asked', async () => {
  const query = buildQuery({ name: 'Web.SHOP.svc.cluster.local' });
  for (const ask of [askUdp, askTcp]) {
    const reply = parseMessage(await ask(endpoint, query));
    assert.deepEqual(
      [reply.aa, reply.ra, reply.rd, reply.tc, reply.rcode, reply.edns],
      [true, false, true, false, rcodes.NOERROR, undefined],
    );
    assert.deepEqual(reply.question, questionOf(query));
    assert.deepEqual([addresses(reply), reply.answer[0]?.ttl], [['10.96.12.34'], 30]);
  }
});

test('absence is NXDOMAIN or an empty answer, with the SOA', async () => {
  const cases = [
    ['nothing.shop.svc.cluster.local', rcodes.NXDOMAIN],
    [web, rcodes.NOERROR],
  ] as const;
  for (const [name, rcode] of cases) {
    const reply = parseMessage(await askUdp(endpoint, buildQuery({ name, type: types.AAAA })));
    assert.deepEqual([reply.rcode, reply.answer.length, reply.authority[0]?.type], [rcode, 0, types.SOA]);
    assert.equal(reply.authority[0]?.rdata.readUInt32BE(reply.authority[0].rdata.length - 4), 5);
  }
});

test('refuses what is outside of its zones', async () => {
  const outside = [
    buildQuery({ name: 'example.com' }),
    buildQuery({ name: ['web.shop', 'svc', 'cluster', 'local'] }),
    buildQuery({ name: web, class: 3 }),
  ];
  for (const query of outside) {
    const reply = parseMessage(await askUdp(endpoint, query));
    assert.deepEqual([reply.rcode, reply.aa, reply.question], [rcodes.REFUSED, false, questionOf(query)]);
  }
});

test('500 addresses: cut over UDP, whole over TCP, with compressed owners', async () => {
  const small = await askUdp(endpoint, buildQuery({ name: ring, edns: { size: 1232, do: true } }));
  const cut = parseMessage(small);
  assert.deepEqual([cut.tc, cut.answer.length, cut.edns?.do], [true, 0, true]);
  const whole = await askTcp(endpoint, buildQuery({ name: ring }));
  assert.equal(addresses(parseMessage(whole)).length, 500);
  assert.equal(whole.length, 12 + questionBytes(ring).length + 500 * 16);
});

test('UDP replies grow to the size the client offers', async () => {
  const reply = parseMessage(await askUdp(endpoint, buildQuery({ name: ring, edns: { size: 16_384 } })));
  assert.deepEqual([reply.tc, reply.answer.length, reply.edns?.size], [false, 500, 1232]);
});

test('answers pipelined queries on one connection, also after a half-close and in any cut', async () => {
  const client = await TcpClient.open(endpoint);
  const stream = Buffer.concat([1, 2, 3].map((id) => frame(buildQuery({ id, name: web }))));
  await client.chunk(stream.subarray(0, 1));
  await client.chunk(stream.subarray(1, 50));
  await client.chunk(stream.subarray(50));
  client.halfClose();
  const ids = [await client.next(), await client.next(), await client.next()].map((reply) =>
    reply.readUInt16BE(0),
  );
  assert.deepEqual(ids.sort(), [1, 2, 3]);
  await client.closed();
  client.close();
});

test('malformed queries get FORMERR or silence, never a crash', async () => {
  const client = await UdpClient.open(endpoint);
  const malformed = [
    Buffer.alloc(0),
    Buffer.of(1, 2, 3),
    header(1, 0, [65_535, 65_535, 65_535, 65_535]),
    header(2, 0, [1, 0, 0, 0]),
    Buffer.concat([header(3, 0, [1, 0, 0, 0]), Buffer.of(0xc0, 12, 0, 1, 0, 1)]),
    Buffer.concat([header(4, 0, [1, 0, 0, 0]), Buffer.of(0x45, 1, 1, 1), Buffer.alloc(20)]),
    Buffer.concat([header(5, 0, [1, 0, 0, 1]), questionBytes(web), Buffer.of(0, 0, 41, 4, 0, 0, 0, 0, 0, 9)]),
    buildQuery({ id: 6, name: web, flags: flags.QR }),
  ];
  for (const bytes of malformed) client.send(bytes);
  for (let i = 0; i < 200; i++) {
    const junk = randomBytes(12 + i);
    junk.writeUInt16BE(7, 0);
    client.send(junk);
  }
  client.send(buildQuery({ id: 999, name: web }));
  const { before, message } = await client.until(999);
  assert.deepEqual(addresses(parseMessage(message)), ['10.96.12.34']);
  const formErrors = before
    .filter((reply) => reply.readUInt16BE(0) < 7)
    .map((reply) => reply.readUInt16BE(0));
  assert.deepEqual(formErrors.sort(), [1, 2, 3, 4, 5]);
  await client.close();
});

test('other opcodes are not implemented', async () => {
  const reply = parseMessage(await askUdp(endpoint, buildQuery({ name: web, flags: 4 << 11 })));
  assert.deepEqual([reply.rcode, reply.opcode], [rcodes.NOTIMP, 4]);
});

test('stops while answers are still being held back', async () => {
  const slow = await startDemoUpstream({ delayMs: 60_000 });
  const client = await TcpClient.open(slow.endpoint);
  client.send(buildQuery({ name: web }));
  await slow.stop();
  await client.closed();
  client.close();
});

test('hundreds of answers are held back at once without a warning of too many listeners', async (t) => {
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  t.after(() => process.off('warning', warned));
  const slow = await startDemoUpstream({ delayMs: 50 });
  const client = await TcpClient.open(slow.endpoint);
  client.send(...Array.from({ length: 300 }, (_, id) => buildQuery({ id, name: web })));
  for (let id = 0; id < 300; id++) assert.equal((await client.next()).readUInt16BE(0), id);
  client.close();
  await slow.stop();
  assert.deepEqual(warnings, []);
});
