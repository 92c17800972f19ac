// entry-record.test — an entry is the same behind the way as before; bytes that are no good entry are refused, whatever they are.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { composeAnswer, REPLY_SLACK } from '../../src/cache/compose-answer.ts';
import { STALE_WINDOW } from '../../src/cache/entries.ts';
import { type Entry, entrySize } from '../../src/cache/entry.ts';
import {
  type RecordReader,
  readRecord,
  recordEnd,
  recordLength,
  writeRecord,
} from '../../src/cache/entry-record.ts';
import { failureEntry, judge } from '../../src/cache/verdict.ts';
import { Query } from '../../src/message/query.ts';
import { deriveKey, readQuestion } from '../../src/message/question.ts';
import { cacheUpTo } from '../lab/cache-plan.ts';
import { a, cname, manyAddresses, opaque, rrsig, soa } from '../lab/records.ts';
import {
  buildQuery,
  buildReply,
  flags,
  nameBytes,
  options,
  type ReplySpec,
  rcodes,
  types,
} from '../lab/wire.ts';

const now = 5_000_000;
const cache = cacheUpTo(30, 10);
const suffix = nameBytes('example').toString('latin1');
const zone = { index: 2, cache, suffix };
const reader: RecordReader = {
  zone(key, nameLength) {
    assert.ok(nameLength > 0 && key.length === nameLength + 3 && key.charCodeAt(nameLength - 1) === 0);
    return zone;
  },
  now: () => now,
  wallSeconds: () => 1.7e9,
};

interface Kept {
  readonly key: string;
  readonly entry: Entry;
}

/** What the cache keeps of this answer. */
function keep(
  name: string,
  type: number,
  dnssecOk: boolean,
  cd: boolean,
  stored: number,
  reply: ReplySpec,
): Kept {
  const asked = buildQuery({ name, type, flags: flags.RD | (cd ? flags.CD : 0) });
  const query = new Query();
  query.reset(asked, 0, asked.length);
  query.flags = asked.readUInt16BE(2);
  readQuestion(query);
  query.dnssecOk = dnssecOk;
  deriveKey(query);
  const bytes = buildReply(asked, reply);
  const verdict = judge(
    { bytes, start: 0, length: bytes.length, nameLength: query.nameLength },
    zone,
    stored,
    reader.wallSeconds,
  );
  assert.ok(verdict.outcome === 'answer' && verdict.entry.ttl > 0);
  return { key: query.key, entry: verdict.entry };
}

function record({ key, entry }: Kept, zone = suffix): Buffer {
  const bytes = Buffer.alloc(recordLength(entry));
  assert.equal(writeRecord(bytes, 0, key, entry, zone), bytes.length);
  return bytes;
}

/** As a receiver would: by the length the record tells. */
function read(bytes: Buffer, by: Partial<RecordReader> = {}): Kept | undefined {
  const end = recordEnd(bytes, 0, bytes.length);
  return end < 0 ? undefined : readRecord(bytes, 0, end, { ...reader, ...by });
}

const replies: readonly [type: number, reply: ReplySpec][] = [
  [types.A, { answer: [a('10.0.0.1')] }],
  [types.A, { answer: [a('10.0.0.1')], flags: flags.AD, edns: { size: 1232 } }],
  [types.A, { answer: manyAddresses(900), additional: [a('10.9.9.9', { owner: 'ns.example' })] }],
  [
    types.AAAA,
    { answer: [cname('other.example'), opaque(types.AAAA, Buffer.alloc(16), { owner: 'other.example' })] },
  ],
  [
    types.A,
    { answer: [a('10.0.0.1')], edns: { options: [{ code: options.EDE, data: Buffer.from('\0\u0004why') }] } },
  ],
  [types.A, { answer: [a('10.0.0.1', { ttl: 7 }), rrsig(types.A, { ttl: 7 })] }],
  [types.TXT, { answer: [opaque(types.TXT, Buffer.alloc(65_000, 200))] }],
  [types.A, { rcode: rcodes.NXDOMAIN, authority: [soa({ owner: 'example', ttl: 9 })] }],
  [types.SRV, { authority: [soa({ owner: 'example' })] }],
];

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/);
const kept: fc.Arbitrary<Kept> = fc
  .tuple(
    fc.array(label, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(...replies),
    fc.boolean(),
    fc.boolean(),
    fc.double({ min: now - STALE_WINDOW, max: now, noNaN: true }),
  )
  .map(([labels, [type, reply], dnssecOk, cd, stored]) =>
    keep(`${labels.join('.')}.example`, type, dnssecOk, cd, stored, reply),
  );

test('an entry is read as it was written', () => {
  fc.assert(fc.property(kept, (one) => assert.deepEqual(read(record(one)), { ...one })));
});

test('a failure is read as it was written, and ends when it would have ended where it was met', () => {
  const one = { ...failure(now - 3000), entry: { ...failure(now - 3000).entry, ede: 22 } };
  const got = read(record(one))!;
  assert.deepEqual(got, one);
  assert.equal(got.entry.expires, now + 2000);
});

test('nothing that is read keeps the memory it was read from', () => {
  const one = keep('a.example', types.A, false, false, now, { answer: [a('10.0.0.1')] });
  const bytes = record(one);
  const got = read(bytes)!;
  bytes.fill(0xff);
  assert.deepEqual(got, one);
});

test("the reader's own caps hold, counted from when the answer came", () => {
  const one = keep('a.example', types.A, false, false, now - 3000, { answer: [a('10.0.0.1')] });
  const strict = { ...zone, cache: cacheUpTo(5) };
  const got = read(record(one), { zone: () => strict })!;
  assert.deepEqual([got.entry.ttl, got.entry.expires], [5, now + 2000]);
});

const good = keep('name.example', types.A, false, false, now, {
  answer: [a('10.0.0.1', { owner: 'name.example' })],
});
const retimed = (stored: number): Kept => ({ ...good, entry: { ...good.entry, stored } });
const rewired = (change: (wire: Buffer) => void): Kept => {
  const wire = Buffer.from(good.entry.wire, 'latin1');
  change(wire);
  return { ...good, entry: { ...good.entry, wire: wire.toString('latin1') } };
};
const failure = (stored: number): Kept => ({
  ...good,
  entry: failureEntry(
    `${good.key.slice(0, -3)}\0\u0001\0\u0001`,
    2,
    { rcode: rcodes.REFUSED, ede: -1 },
    stored,
    cache.failure / 1000,
  ),
});
const refused: Readonly<Record<string, Buffer>> = {
  'that is from the future': record(retimed(now + 1)),
  'that is from no time': record(retimed(Number.NaN)),
  'that is too old to be served stale': record(retimed(now - STALE_WINDOW - 31_000)),
  'of a zone that is not ours': record(good, nameBytes('other.name.example').toString('latin1')),
  'of a question without RD': record({ ...good, key: `${good.key.slice(0, -1)}\u0004` }),
  'of a question with an unknown variant': record({ ...good, key: `${good.key.slice(0, -1)}\u0008` }),
  'that is a question': record(rewired((wire) => wire.writeUInt8(wire[2]! & 0x7f, 2))),
  'of another opcode': record(rewired((wire) => wire.writeUInt8(wire[2]! | 0x08, 2))),
  'that was cut': record(rewired((wire) => wire.writeUInt8(wire[2]! | 0x02, 2))),
  'without a question': record(rewired((wire) => wire.writeUInt16BE(0, 4))),
  'of a name that is none': record(rewired((wire) => wire.set([0x40, 0, 1], 12))),
  'of another class': record(rewired((wire) => wire.writeUInt16BE(3, 12 + 14 + 2))),
  'with a TTL of 0': record(rewired((wire) => wire.writeUInt32BE(0, wire.length - 10))),
  'that answers another question': record(rewired((wire) => wire.writeUInt16BE(0xc000 | 17, 12 + 14 + 4))),
  'that is a failure of the past': record(failure(now - 5000)),
  'that is a failure with records': record(rewired((wire) => wire.writeUInt8(wire[3]! | rcodes.SERVFAIL, 3))),
  'whose signature has expired': record(
    keep('s.example', types.A, true, false, now, { answer: [a('10.0.0.1'), rrsig(types.A)] }),
  ),
};
for (const [what, bytes] of Object.entries(refused)) {
  test(`a record is refused: one ${what}`, () => {
    const late = what.includes('signature') ? { wallSeconds: () => 0x7fffffff } : {};
    assert.equal(read(bytes, late), undefined);
  });
}

test('the good one among the refused is not', () => assert.ok(read(record(good))));

const out = Buffer.alloc(1 << 17);

/** Asks for what was read as a client would, in every way that makes a difference. */
function serve({ key, entry }: Kept): void {
  const nameLength = key.length - 3;
  assert.equal(entry.nameLength, nameLength);
  assert.ok(entry.stored <= now && entry.expires <= now + 30_000 && entry.ttl <= 30);
  assert.ok(entrySize(key, entry) < 1 << 18);
  const asked = Buffer.concat([
    Buffer.from('000101000001000000000000', 'hex'),
    Buffer.from(key.slice(0, -1), 'latin1'),
    Buffer.of(0, 1),
  ]);
  const query = new Query();
  query.reset(asked, 0, asked.length);
  query.nameLength = nameLength;
  for (const limit of [512, 1232, 65_535 + REPLY_SLACK])
    for (const at of [now, entry.expires + 1]) {
      const length = composeAnswer(entry, query, out, 0, limit, at);
      assert.ok(length > 0 && length <= limit);
    }
}

test('bytes overwritten anywhere are refused, or are an entry that can be served', () => {
  const damage = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(kept, damage, (one, overwritten) => {
      const bytes = record(one);
      for (const [at, value] of overwritten) if (at < bytes.length) bytes[at] = value;
      const got = read(bytes);
      if (got !== undefined) serve(got);
    }),
    { numRuns: 3000 },
  );
});

test('a record cut anywhere, or with bytes behind it that it counts as its own, is refused', () => {
  fc.assert(
    fc.property(
      kept,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      (one, share, more) => {
        const bytes = record(one);
        const cut = Buffer.from(bytes.subarray(0, Math.floor(bytes.length * share)));
        assert.equal(read(cut), undefined);
        if (cut.length > 12) {
          cut.writeUInt16BE(cut.length - 12, 10);
          assert.equal(read(cut), undefined);
        }
        const longer = Buffer.concat([bytes, more]);
        const wireLength = longer.length - 12;
        if (wireLength > 0xffff) return;
        longer.writeUInt16BE(wireLength, 10);
        assert.equal(read(longer), undefined);
      },
    ),
  );
});

test('noise is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const got = read(Buffer.from(bytes));
      if (got !== undefined) serve(got);
    }),
    { numRuns: 2000 },
  );
});
