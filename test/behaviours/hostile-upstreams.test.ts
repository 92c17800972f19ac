// hostile-upstreams.test — upstream messages that are broken, forged or beside the point never reach a client nor the cache (section B).

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addresses } from '../lab/message.ts';
import { a, aaaa, opaque } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { plain, replying, type Script } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import {
  buildQuery,
  buildReply,
  flags,
  frame,
  header,
  questionBytes,
  questionOf,
  rcodes,
  recordBytes,
  types,
  words,
} from '../lab/wire.ts';

const genuine = ['192.0.2.1'];
const forged = a('6.6.6.6');

/** Each comes before the genuine reply, which must win; some resolvers ask again instead of waiting. */
const strays: Readonly<Record<string, (query: Buffer) => Buffer>> = {
  'an empty datagram': () => Buffer.alloc(0),
  'half a header': (query) => query.subarray(0, 6),
  'a query (QR=0) with an answer': (query) => {
    const reply = buildReply(query, { answer: [forged] });
    reply.writeUInt8(reply.readUInt8(2) & 0x7f, 2);
    return reply;
  },
  'another opcode': (query) => buildReply(query, { flags: 4 << 11, answer: [forged] }),
  'another id': (query) => buildReply(query, { id: query.readUInt16BE(0) ^ 1, answer: [forged] }),
  'another name': (query) => buildReply(query, { question: questionBytes('evil.example'), answer: [forged] }),
  'another type': (query) =>
    buildReply(query, { question: questionBytes('victim.example', 28), answer: [forged] }),
  'another class': (query) =>
    buildReply(query, { question: questionBytes('victim.example', 1, 3), answer: [forged] }),
  'no question, NOERROR': (query) => header(query.readUInt16BE(0), 0x8180, [0, 0, 0, 0]),
  'no question, NXDOMAIN': (query) => header(query.readUInt16BE(0), 0x8183, [0, 0, 0, 0]),
};

/** Right id and question, broken behind: whoever could send these is the upstream, so they may count as its failure. */
const broken: Readonly<Record<string, (query: Buffer) => Buffer>> = {
  'a record cut short': (query) => buildReply(query, { answer: [forged] }).subarray(0, -2),
  'more records announced than there are': (query) => {
    const reply = buildReply(query, { answer: [forged] });
    reply.writeUInt16BE(2, 6);
    return reply;
  },
  'an owner that points at itself': (query) => {
    const reply = buildReply(query, { answer: [forged] });
    const owner = reply.lastIndexOf(Buffer.of(0xc0, 12));
    reply.writeUInt16BE(0xc000 | owner, owner);
    return reply;
  },
};

for (const [what, stray] of Object.entries(strays)) {
  test(`ignored, and the genuine reply used: ${what}`, async (t) => {
    const script: Script = (query, line) => [stray(query.bytes), plain(query, line)].filter(Buffer.isBuffer);
    const lab = await startLab(t, { upstreams: [script] });
    assert.deepEqual(addresses(await lab.ask('victim.example')), genuine);
    assert.deepEqual(addresses(await lab.ask('victim.example')), genuine);
    lab.upstream.script = plain;
    assert.deepEqual(addresses(await lab.ask('evil.example')), genuine);
  });
}

for (const [what, damage] of Object.entries(broken)) {
  test(`never relayed nor kept: ${what}`, async (t) => {
    const script: Script = (query, line) => [damage(query.bytes), plain(query, line)].filter(Buffer.isBuffer);
    const lab = await startLab(t, { upstreams: [script] });
    const reply = await lab.ask('victim.example');
    assert.deepEqual(addresses(reply), reply.rcode === rcodes.SERVFAIL ? [] : genuine);
    lab.upstream.script = plain;
    lab.clock.skip(301);
    assert.deepEqual(addresses(await lab.ask('victim.example')), genuine);
  });

  test(`another server is asked after ${what}`, async (t) => {
    const lab = await startLab(t, { upstreams: [(query) => damage(query.bytes), plain] });
    assert.deepEqual(addresses(await lab.ask('victim.example')), genuine);
  });
}

describe('when nothing else comes', { concurrency: true }, () => {
  for (const [what, stray] of Object.entries({ ...strays, ...broken })) {
    test(`SERVFAIL in time, and later the truth: ${what}`, async (t) => {
      const lab = await startLab(t, { upstreams: [(query) => stray(query.bytes)] });
      const { value: reply, ms } = await timed(lab.ask('victim.example'));
      assert.deepEqual([reply.rcode, reply.answer.length], [rcodes.SERVFAIL, 0]);
      assert(ms < 5000, `${ms} ms`);
      lab.upstream.script = plain;
      lab.clock.skip(301);
      assert.deepEqual(addresses(await lab.ask('victim.example')), genuine);
    });
  }

  for (const rcode of [rcodes.FORMERR, rcodes.SERVFAIL, rcodes.NOTIMP, rcodes.REFUSED]) {
    test(`a bare header with RCODE ${rcode} is a failure; the client gets its question back`, async (t) => {
      const lab = await startLab(t, {
        upstreams: [({ bytes }) => header(bytes.readUInt16BE(0), 0x8180 | rcode, [0, 0, 0, 0])],
      });
      const reply = await lab.ask('victim.example');
      assert.notEqual(reply.rcode, rcodes.NOERROR);
      assert.deepEqual(reply.question, questionBytes('victim.example'));
    });
  }

  const badLengths = [
    ['A of 0 bytes', types.A, Buffer.alloc(0)],
    ['A of 3 bytes', types.A, Buffer.of(1, 2, 3)],
    ['A of 5 bytes', types.A, Buffer.of(1, 2, 3, 4, 5)],
    ['AAAA of 4 bytes', types.AAAA, Buffer.of(1, 2, 3, 4)],
  ] as const;
  for (const [what, type, rdata] of badLengths) {
    test(`${what}: relayed as it is, left out or SERVFAIL, and no neighbour harmed`, async (t) => {
      const neighbour = type === types.A ? a('10.0.0.2') : aaaa(2);
      const lab = await startLab(t, { upstreams: [replying({ answer: [opaque(type, rdata), neighbour] })] });
      const reply = await lab.ask({ name: 'odd.example', type });
      if (reply.rcode === rcodes.SERVFAIL) return;
      assert.deepEqual(reply.answer.at(-1)?.rdata, Buffer.from(neighbour.rdata));
      if (reply.answer.length > 1) assert.deepEqual(reply.answer[0]?.rdata, rdata);
    });
  }
});

test('records of another type or class are no answer to keep', async (t) => {
  const beside = [a('10.0.0.1')];
  const lab = await startLab(t, {
    upstreams: [
      replying(({ type }) =>
        type === types.AAAA ? { answer: beside } : { answer: [a('10.0.0.1', { class: 3, ttl: 30 })] },
      ),
    ],
  });
  for (const type of [types.AAAA, types.A]) {
    await lab.ask({ name: 'beside.example', type });
    await lab.ask({ name: 'beside.example', type });
    // A failure may be remembered, an answer may not.
    const again = await lab.ask({ name: 'beside.example', type });
    assert(again.rcode === rcodes.SERVFAIL || lab.upstream.asked('beside.example', type).length >= 2);
  }
});

/** 64 KB of records, each owner a pointer to the pointer before it. */
function pointerChain(query: Buffer): Buffer {
  const base = buildReply(query);
  const records: Buffer[] = [];
  let previous = 12;
  let length = base.length;
  while (length + 16 < 0x3fff) {
    const record = recordBytes(forged);
    record.writeUInt16BE(0xc000 | previous, 0);
    previous = length;
    length += record.length;
    records.push(record);
  }
  const tail = recordBytes(forged);
  tail.writeUInt16BE(0xc000 | previous, 0);
  while (length + 16 < 65_000) {
    records.push(tail);
    length += 16;
  }
  base.writeUInt16BE(records.length, 6);
  return Buffer.concat([base, ...records]);
}

/** 64 KB of records with distinct names of 127 labels that share their ends. */
function manyLabels(query: Buffer): Buffer {
  const base = buildReply(query);
  const longest = Buffer.concat([...Array.from({ length: 120 }, () => Buffer.of(1, 97)), Buffer.of(0)]);
  const first = Buffer.concat([longest, words(1, 1, 0, 30, 4), Buffer.of(6, 6, 6, 6)]);
  const records = [first];
  for (let at = 0; base.length + first.length + 19 * at < 65_000; at++) {
    const record = Buffer.from([
      2,
      at >> 8,
      at & 255,
      0xc0,
      base.length,
      0,
      1,
      0,
      1,
      0,
      0,
      0,
      30,
      0,
      4,
      6,
      6,
      6,
      6,
    ]);
    records.push(record);
  }
  base.writeUInt16BE(records.length, 6);
  return Buffer.concat([base, ...records]);
}

for (const [what, build] of Object.entries({ 'pointer chains': pointerChain, 'many labels': manyLabels })) {
  test(`a 64 KB answer made of ${what} does not stall the others`, async (t) => {
    const queryOf = (i: number) => buildQuery({ name: `bomb${i}.example` });
    const bomb = frame(build(queryOf(0)));
    const script: Script = (asked, line) => {
      if (!asked.name.includes('bomb')) return plain(asked, line);
      if (asked.transport === 'udp') return buildReply(asked.bytes, { flags: flags.TC });
      asked.bytes.copy(bomb, 2, 0, 2);
      questionOf(asked.bytes).copy(bomb, 14);
      line.raw(bomb);
      return undefined;
    };
    const lab = await startLab(t, { upstreams: [script] });
    const client = await lab.tcp();
    const taken: number[] = []; // by the whole process: compiling is not for each
    for (let i = 0; i < 3; i++) {
      client.send(queryOf(i));
      taken.push((await timed(client.next())).cpuMs);
    }
    assert(Math.min(...taken) < 60, `${taken.join(', ')} ms of CPU`);
    assert.deepEqual(addresses(await lab.ask('good.example')), genuine);
  });
}

/** A chain of pointers, 2 bytes each, and `records` addresses whose owner is its end: the name asked for. */
function pointerLadder(query: Buffer, hops: number, records: number): Buffer {
  const base = buildReply(query);
  const begin = base.length + 2 + 10; // behind owner and head of the record that holds the chain
  const chain = Array.from({ length: hops - 1 }, (_, i) => 0xc000 | (i === 0 ? 12 : begin + 2 * (i - 1)));
  const last = hops === 1 ? 12 : begin + 2 * (hops - 2);
  const holder = Buffer.concat([words(0xc000 | 12, 16, 1, 0, 30, 2 * chain.length), words(...chain)]);
  const address = Buffer.concat([words(0xc000 | last, 1, 1, 0, 30, 4), Buffer.of(10, 0, 0, 1)]);
  base.writeUInt16BE(1 + records, 6);
  return Buffer.concat([base, holder, ...Array<Buffer>(records).fill(address)]);
}

for (const [what, hops, records, rcode] of [
  ['127 pointers are followed', 127, 1, rcodes.NOERROR],
  ['128 pointers are not', 128, 1, rcodes.SERVFAIL],
  ['8,000 pointers are not, however many names end in them', 8000, 3000, rcodes.SERVFAIL],
  ['127 pointers for each of 100 names are followed', 127, 100, rcodes.NOERROR],
  ['127 pointers for each of 3,000 names are more than any honest answer has', 127, 3000, rcodes.SERVFAIL],
] as const) {
  test(`names of an answer: ${what}`, async (t) => {
    const script: Script = (asked) =>
      asked.transport === 'udp'
        ? buildReply(asked.bytes, { flags: flags.TC })
        : pointerLadder(asked.bytes, hops, records);
    const lab = await startLab(t, { upstreams: [script] });
    const { value, cpuMs } = await timed(lab.ask('bomb.example', 'tcp'));
    assert.equal(value.rcode, rcode);
    assert(cpuMs < 100, `${cpuMs} ms of CPU`);
  });
}
