// malformed-queries.test — queries that are no queries: dropped or FORMERR, never forwarded, never a crash (dns-behaviours.md, section A).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, parseMessage } from '../lab/message.ts';
import { startLab } from '../lab/resolver.ts';
import {
  buildQuery,
  ednsBytes,
  flags,
  header,
  nameBytes,
  questionBytes,
  rcodes,
  recordBytes,
  types,
  words,
} from '../lab/wire.ts';

const id = 4242;
const one = header(id, flags.RD, [1, 0, 0, 0]);
const question = questionBytes('good.example');
const longName = (last: number) => ['a', 'b', 'c'].map((char) => char.repeat(63)).concat('d'.repeat(last));

function opt(rdata: Uint8Array, rdlength = rdata.length): Buffer {
  return Buffer.concat([Buffer.of(0), words(types.OPT, 1232, 0, 0, rdlength), rdata]);
}

test('datagrams shorter than a header get no reply', async (t) => {
  const lab = await startLab(t);
  const heard = await lab.provoke(...[0, 1, 2, 11].map((length) => Buffer.alloc(length, 1)));
  assert.deepEqual(heard, []);
});

test('replies sent to our port are dropped, over UDP and TCP', async (t) => {
  const lab = await startLab(t);
  const reply = buildQuery({ name: 'good.example', flags: flags.QR | flags.RD });
  assert.deepEqual(await lab.provoke(reply), []);
  const client = await lab.tcp();
  client.send(reply);
  client.send(buildQuery({ id: 7, name: 'other.example' }));
  const heard = await client.until(7).catch(() => undefined); // closing the connection is fine too
  assert.deepEqual(heard?.before ?? [], []);
  assert.deepEqual(lab.upstream.asked('good.example'), []);
});

/** Messages that must get FORMERR with our id or nothing, and stay on this side. */
const unreadable: Readonly<Record<string, Buffer>> = {
  'no question': header(id, flags.RD, [0, 0, 0, 0]),
  'two questions': Buffer.concat([header(id, flags.RD, [2, 0, 0, 0]), question, question]),
  'a question that is not there': one,
  'half a question': Buffer.concat([one, question.subarray(0, -2)]),
  'counts of 65535 and nothing else': header(id, flags.RD, [65_535, 65_535, 65_535, 65_535]),
  'a record that is not there': Buffer.concat([header(id, flags.RD, [1, 0, 0, 1]), question]),
  'a name of 256 octets': Buffer.concat([one, questionBytes(longName(62))]),
  'label type 0x40': Buffer.concat([one, Buffer.of(0x41, 97), question]),
  'label type 0x80': Buffer.concat([one, Buffer.of(0x81, 97), question]),
  'a pointer to itself': Buffer.concat([one, Buffer.of(0xc0, 12), words(1, 1)]),
  'a pointer ahead': Buffer.concat([one, Buffer.of(0xc0, 18), words(1, 1), question]),
  'pointers in a circle': Buffer.concat([one, Buffer.of(1, 97, 0xc0, 16, 0xc0, 12), words(1, 1)]),
  'a pointer into the header': Buffer.concat([one, Buffer.of(0xc0, 4), words(1, 1)]),
  'an option longer than its record': Buffer.concat([
    header(id, flags.RD, [1, 0, 0, 1]),
    question,
    opt(Buffer.concat([words(10, 20), Buffer.alloc(8)])),
  ]),
  'an OPT longer than the message': Buffer.concat([
    header(id, flags.RD, [1, 0, 0, 1]),
    question,
    opt(words(10, 0), 40),
  ]),
  'two OPT records': Buffer.concat([
    header(id, flags.RD, [1, 0, 0, 2]),
    question,
    ednsBytes({}),
    ednsBytes({}),
  ]),
};

for (const [what, message] of Object.entries(unreadable)) {
  test(`FORMERR or silence, and nothing upstream: ${what}`, async (t) => {
    const lab = await startLab(t);
    const heard = await lab.provoke(message);
    assert(heard.length <= 1);
    for (const bytes of heard) {
      const reply = parseMessage(bytes);
      assert.deepEqual([reply.id, reply.qr, reply.opcode, reply.rcode], [id, true, 0, rcodes.FORMERR]);
      assert.deepEqual([reply.answer, reply.authority, reply.additional], [[], [], []]);
    }
    assert.equal(
      lab.upstream.log.filter(({ name }) => !name.includes('probe-') && name.length > 1).length,
      0,
    );
  });
}

test('FORMERR without a readable question is a header and nothing else', async (t) => {
  const lab = await startLab(t);
  const [reply] = await lab.provoke(header(id, flags.RD, [0, 0, 0, 0]));
  if (reply) assert.equal(reply.length, 12);
  const [other] = await lab.provoke(unreadable['a pointer to itself']!);
  if (other) assert.equal(other.length, 12);
});

test('20,000 packets with lying counts cost no memory and do not hold up others', async (t) => {
  const lab = await startLab(t);
  await lab.ask('good.example');
  const liar = header(id, flags.RD, [65_535, 65_535, 65_535, 65_535]);
  const client = await lab.udp();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 200; i++) client.send(liar);
    client.send(buildQuery({ id: round, name: 'good.example' }));
    await client.until(round, 1000).catch(() => undefined); // a full socket buffer may drop it
  }
  assert.equal((await lab.ask('good.example')).rcode, rcodes.NOERROR);
  assert(process.memoryUsage.rss() - before < 50 * 2 ** 20);
});

test('a name of 255 octets is forwarded and answered', async (t) => {
  const lab = await startLab(t);
  const name = longName(61);
  assert.equal(nameBytes(name).length, 255);
  assert.deepEqual(addresses(await lab.ask({ name })), ['192.0.2.1']);
  assert.deepEqual(lab.upstream.asked(name)[0]?.name, nameBytes(name));
});

test('TC in a query is never echoed', async (t) => {
  const lab = await startLab(t);
  for (const bytes of await lab.provoke(buildQuery({ name: 'good.example', flags: flags.RD | flags.TC }))) {
    assert.equal(parseMessage(bytes).tc, false);
  }
});

test('bytes behind a query go nowhere', async (t) => {
  const lab = await startLab(t);
  const smuggled = recordBytes({ owner: 'victim.example', type: types.A, rdata: Buffer.from('smug') });
  await lab.provoke(Buffer.concat([buildQuery({ name: 'good.example' }), smuggled]));
  await lab.ask('good.example');
  for (const { bytes } of lab.upstream.log) assert(!bytes.includes('smug') && !bytes.includes('victim'));
  assert.deepEqual(addresses(await lab.ask('victim.example')), ['192.0.2.1']);
});

for (const [what, counts] of [
  ['answer', [1, 1, 0, 0]],
  ['authority', [1, 0, 1, 0]],
] as const) {
  test(`a record in the ${what} section of a query is never echoed, cached or forwarded`, async (t) => {
    const lab = await startLab(t);
    const extra = recordBytes({ owner: 'victim.example', type: types.A, rdata: Buffer.from('smug') });
    const heard = await lab.provoke(Buffer.concat([header(id, flags.RD, counts), question, extra]));
    for (const bytes of [...heard, ...lab.upstream.log.map((query) => query.bytes)])
      assert(!bytes.includes('smug'));
    assert.deepEqual(addresses(await lab.ask('victim.example')), ['192.0.2.1']);
  });
}

test('an OPT with an owner is no EDNS', async (t) => {
  const lab = await startLab(t);
  const odd = recordBytes({ owner: 'x', type: types.OPT, class: 4096, ttl: 0x8000, rdata: Buffer.alloc(0) });
  for (const bytes of await lab.provoke(Buffer.concat([header(id, flags.RD, [1, 0, 0, 1]), question, odd]))) {
    const reply = parseMessage(bytes);
    assert(reply.rcode === rcodes.FORMERR || reply.edns === undefined);
  }
});

test('ids 0 and 65535 work like any other, from the cache too', async (t) => {
  const lab = await startLab(t);
  for (const edge of [0, 65_535, 0, 65_535]) {
    const reply = await lab.ask({ name: 'good.example', id: edge });
    assert.deepEqual([reply.id, addresses(reply)], [edge, ['192.0.2.1']]);
  }
});

test('repeated EDNS options are no trouble and come back at most once', async (t) => {
  const lab = await startLab(t);
  for (const code of [3, 10, 12]) {
    const options = [1, 2, 3].map((fill) => ({ code, data: Buffer.alloc(code === 3 ? 0 : 8, fill) }));
    const reply = await lab.ask({ name: 'good.example', edns: { options } });
    assert((reply.edns?.options.filter((option) => option.code === code).length ?? 0) <= 1);
  }
});

test('big junk over UDP and TCP', async (t) => {
  const lab = await startLab(t);
  const junk = Buffer.alloc(65_535, 0xa7);
  junk.writeUInt16BE(0x0100, 2); // looks like a query
  await lab.provoke(junk.subarray(0, 65_507));
  const client = await lab.tcp();
  client.send(junk);
  assert.deepEqual(addresses(await lab.ask('good.example', 'tcp')), ['192.0.2.1']);
});

test('3,000 damaged queries, then a good one', async (t) => {
  const lab = await startLab(t);
  const client = await lab.udp();
  const original = buildQuery({
    id,
    name: 'good.example',
    edns: { options: [{ code: 10, data: Buffer.alloc(8) }] },
  });
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let round = 0; round < 30; round++) {
    for (let i = 0; i < 100; i++) {
      const damaged = Buffer.from(
        original.subarray(0, random(8) ? original.length : random(original.length)),
      );
      for (let hits = random(4); hits >= 0 && damaged.length > 12; hits--)
        damaged[2 + random(damaged.length - 2)] = random(256);
      client.send(damaged);
    }
    client.send(buildQuery({ id: round, name: 'still-good.example' }));
    await client.until(round, 1000).catch(() => undefined);
  }
  assert.deepEqual(addresses(await lab.ask('good.example')), ['192.0.2.1']);
});
