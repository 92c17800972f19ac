// message-wire.test — messages are taken apart and put together without a change, and hostile ones are refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Message, ResourceRecord } from '../../src/zone/message.ts';
import { readMessage, writeMessage } from '../../src/zone/message-wire.ts';
import { parseName } from '../../src/zone/wire-name.ts';
import { parseMessage } from '../lab/message.ts';
import { a, cname, ns, opaque, soa } from '../lab/records.ts';
import { buildQuery, buildReply, flags, nameBytes, types, words } from '../lab/wire.ts';

const asked = buildQuery({ name: 'www.Example', type: types.A });
const wire = (text: string) => parseName(text)!;

function read(bytes: Buffer): Message {
  const message = readMessage(bytes, 0, bytes.length);
  assert.ok(message);
  return message;
}

function record(owner: string, type: number, data: Uint8Array, ttl = 60): ResourceRecord {
  return { owner: wire(owner), type, class: 1, ttl, data: Buffer.from(data) };
}

const empty: Message = {
  rcode: 0,
  authoritative: false,
  authentic: false,
  answer: [],
  authority: [],
  additional: [],
  ede: -1,
};

describe('a message is taken apart', () => {
  test('flags, sections, the spelling of names', () => {
    const bytes = buildReply(asked, {
      flags: flags.AA | flags.AD,
      answer: [cname('B.example', { ttl: 7 }), a('10.0.0.1', { owner: 'b.example' })],
      authority: [soa({ owner: 'example' })],
      additional: [a('10.0.0.2', { owner: 'ns.example' })],
      edns: { options: [{ code: 15, data: words(18) }], extendedRcode: 1 },
      rcode: 3,
    });
    const message = read(bytes);
    assert.equal(message.rcode, 19);
    assert.equal(message.ede, 18);
    assert.ok(message.authoritative && message.authentic);
    assert.deepEqual(
      message.answer.map(({ owner, type, ttl }) => [owner, type, ttl]),
      [
        [wire('www.Example'), types.CNAME, 7],
        [wire('b.example'), types.A, message.answer[1]!.ttl],
      ],
    );
    assert.equal(message.answer[0]!.data.toString('latin1'), wire('B.example'));
    assert.equal(message.authority[0]!.type, types.SOA);
    assert.equal(message.additional.length, 1, 'without the OPT');
  });

  test('names in data are made whole, in old types that must not compress them, too', () => {
    const pointer = words(0xc00c);
    const cases: [number, Buffer, Buffer][] = [
      [
        types.MX,
        Buffer.concat([words(5), Buffer.of(2, 0x6d, 0x78), pointer]),
        Buffer.concat([words(5), nameBytes('mx.www.Example')]),
      ],
      [
        types.SRV,
        Buffer.concat([words(1, 2, 3), pointer]),
        Buffer.concat([words(1, 2, 3), nameBytes('www.Example')]),
      ],
      [
        35,
        Buffer.concat([words(1, 2), Buffer.of(1, 97, 0, 0), pointer]),
        Buffer.concat([words(1, 2), Buffer.of(1, 97, 0, 0), nameBytes('www.Example')]),
      ],
      [types.TXT, Buffer.concat([Buffer.of(2), pointer]), Buffer.concat([Buffer.of(2), pointer])],
    ];
    for (const [type, from, to] of cases) {
      const message = read(buildReply(asked, { answer: [opaque(type, from)] }));
      assert.deepEqual(message.answer[0]!.data, to, `type ${type}`);
    }
  });

  test('a record may lie anywhere in memory', () => {
    const bytes = buildReply(asked, { answer: [ns('ns.example')] });
    const memory = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(5, 0xff)]);
    assert.deepEqual(readMessage(memory, 5, bytes.length), read(bytes));
  });
});

describe('what is malformed is refused', () => {
  const refused = (bytes: Buffer) => assert.equal(readMessage(bytes, 0, bytes.length), undefined);

  test('queries, no question, two, an end too early', () => {
    refused(asked);
    const reply = buildReply(asked, { answer: [a('10.0.0.1')] });
    for (let length = 0; length < reply.length; length++)
      assert.equal(readMessage(reply, 0, length), undefined, `${length} bytes`);
    const none = Buffer.from(reply);
    none.writeUInt16BE(0, 4);
    refused(none);
    assert.equal(readMessage(reply, 0, reply.length + 1), undefined, 'more than there is');
  });

  test('pointers to themselves, forward, into the header; data that its type does not have', () => {
    const at = asked.length + 10 + 2;
    for (const target of [at, at + 2, 0, 11]) {
      refused(buildReply(asked, { answer: [opaque(types.NS, words(0xc000 | target))] }));
    }
    refused(buildReply(asked, { answer: [opaque(types.MX, words(5))] }));
    refused(
      buildReply(asked, { answer: [opaque(types.NS, Buffer.concat([nameBytes('a.example'), words(1)]))] }),
    );
    refused(buildReply(asked, { answer: [opaque(types.SOA, nameBytes('a.example'))] }));
    refused(buildReply(asked, { answer: [opaque(types.NS, Buffer.of(0x40, 0))] }));
  });

  test('a name that would be longer than a name can be', () => {
    const label = 'x'.repeat(60);
    const long = buildQuery({ name: `${label}.${label}.${label}`, type: types.NS });
    const fits = Buffer.concat([Buffer.of(60), Buffer.alloc(60, 97), words(0xc00c)]);
    read(buildReply(long, { answer: [opaque(types.NS, fits)] }));
    refused(buildReply(long, { answer: [opaque(types.NS, Buffer.concat([fits.subarray(0, 61), fits]))] }));
  });

  test('pointers that lead to pointers, in each of thousands of records, end early', () => {
    const chain: Buffer[] = [];
    const first = asked.length + 12;
    // One record of pointers, each to the one before; then records that lead to the last of them.
    const pointers = Buffer.concat(
      Array.from({ length: 2000 }, (_, i) => words(0xc000 | (i === 0 ? 12 : first + 2 * (i - 1)))),
    );
    for (let i = 0; i < 3000; i++) chain.push(words(0xc000 | (first + 2 * 1999)));
    const bytes = buildReply(asked, {
      answer: [opaque(types.TXT, pointers), ...chain.map((data) => opaque(types.NS, data))],
    });
    const before = process.cpuUsage().user;
    refused(bytes);
    assert.ok(process.cpuUsage().user - before < 500_000);
  });
});

describe('a message is put together', () => {
  test('question as spelled, flags, RCODE, sections', () => {
    const message: Message = {
      ...empty,
      rcode: 3,
      authoritative: true,
      answer: [
        record('www.example', types.A, Buffer.of(1, 2, 3, 4)),
        record('b.example', types.A, Buffer.of(1, 2, 3, 5)),
      ],
      authority: [record('b.example', types.A, Buffer.of(1, 2, 3, 6))],
      additional: [record('c.example', types.TXT, Buffer.of(1, 97), 9)],
    };
    const parsed = parseMessage(writeMessage(wire('wWw.example'), types.A, 1, message));
    assert.deepEqual(parsed.question, Buffer.concat([nameBytes('wWw.example'), words(types.A, 1)]));
    assert.ok(parsed.qr && parsed.aa && parsed.ra && !parsed.ad && !parsed.tc);
    assert.equal(parsed.rcode, 3);
    assert.equal(parsed.edns, undefined);
    assert.deepEqual([parsed.answer.length, parsed.authority.length, parsed.additional.length], [2, 1, 1]);
    assert.deepEqual(parsed.authority[0]!.name, nameBytes('b.example'));
    assert.equal(parsed.additional[0]!.ttl, 9);
  });

  test('what does not fit leaves additional records out, then fails', () => {
    const big = (owner: string, size: number) => record(owner, 65_280, Buffer.alloc(size));
    const most: Message = {
      ...empty,
      answer: [big('a.example', 60_000)],
      additional: [big('b.example', 10_000)],
    };
    const without = parseMessage(writeMessage(wire('a.example'), 65_280, 1, most));
    assert.deepEqual([without.answer.length, without.additional.length], [1, 0]);
    const more: Message = { ...empty, answer: [big('a.example', 60_000), big('a.example', 10_000)] };
    const failed = parseMessage(writeMessage(wire('a.example'), 65_280, 1, more));
    assert.deepEqual([failed.rcode, failed.answer.length], [2, 0]);
    assert.equal(parseMessage(writeMessage(wire('a.example'), 1, 1, { ...empty, rcode: 23 })).rcode, 2);
  });

  test('a response of compressed owners that fills a message fits when it is written again', () => {
    const long = `${'x'.repeat(60)}.${'y'.repeat(60)}.example`;
    const query = buildQuery({ name: long, type: types.A });
    const bytes = buildReply(query, { answer: Array.from({ length: 4000 }, () => a('10.0.0.1')) });
    const again = writeMessage(wire(long), types.A, 1, read(bytes));
    assert.equal(parseMessage(again).answer.length, 4000);
  });
});

test('what is written reads as it was', () => {
  const label = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .map((text) => Buffer.from(text).subarray(0, 63).toString('latin1'));
  const name = fc
    .array(label, { maxLength: 3 })
    .map((labels) => `${labels.map((l) => String.fromCharCode(l.length) + l).join('')}\0`);
  const data = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const any = fc.record({
    owner: name,
    type: fc.constantFrom(1, 16, 28, 65, 257),
    class: fc.constant(1),
    ttl: fc.nat(),
    data,
  });
  const named = fc.record({
    owner: name,
    type: fc.constantFrom(2, 5, 12, 39),
    class: fc.constant(1),
    ttl: fc.nat(),
    data: name.map((n) => Buffer.from(n, 'latin1')),
  });
  const records = fc.array(fc.oneof(any, named), { maxLength: 8 });
  fc.assert(
    fc.property(
      name,
      records,
      records,
      records,
      fc.nat(15),
      fc.boolean(),
      fc.integer({ min: -1, max: 65_535 }),
      (asked, answer, authority, additional, rcode, flag, ede) => {
        const message: Message = { ...empty, rcode, authoritative: flag, answer, authority, additional, ede };
        const bytes = writeMessage(asked, 1, 1, message);
        const again = readMessage(bytes, 0, bytes.length);
        const folded = JSON.stringify(message).toLowerCase();
        assert.equal(JSON.stringify(again).toLowerCase(), folded);
      },
    ),
    { numRuns: 150 },
  );
});
