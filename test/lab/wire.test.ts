// wire.test — what the wire tools build, their own parser and dns-packet read alike.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from 'dns-packet';
import { addresses, nameText, parseMessage, ttls } from './message.ts';
import { a, cname, manyAddresses, soa, txt } from './records.ts';
import {
  buildQuery,
  buildReply,
  flags,
  header,
  nameBytes,
  questionBytes,
  questionOf,
  types,
} from './wire.ts';

test('a query reads back as it was meant', () => {
  const edns = { size: 4096, do: true, options: [{ code: 10, data: Buffer.alloc(8, 1) }] };
  const query = buildQuery({ name: 'a.example', type: types.AAAA, id: 77, edns });
  const read = parseMessage(query);
  assert.deepEqual([read.id, read.rd, read.qr, nameText(read.question)], [77, true, false, 'a.example']);
  assert.deepEqual([read.edns?.size, read.edns?.do, read.edns?.options], [4096, true, edns.options]);
  assert.equal(decode(query).questions?.[0]?.name, 'a.example');
});

test('a reply reads back as it was meant', () => {
  const query = buildQuery({ name: 'alias.example' });
  const answer = [cname('b.example', { ttl: 5 }), a('10.0.0.9', { owner: 'b.example', ttl: 6 })];
  const reply = buildReply(query, { flags: flags.AA, rcode: 3, answer, authority: [soa({ minimum: 9 })] });
  const read = parseMessage(reply);
  assert.deepEqual(
    [read.qr, read.aa, read.ra, read.rcode, addresses(read)],
    [true, true, true, 3, ['10.0.0.9']],
  );
  assert.deepEqual(ttls(read), [5, 6, 30]);
  assert.deepEqual(read.answer[0]?.name, nameBytes('alias.example'));
  assert.deepEqual(read.question, questionOf(query));
  assert.equal(decode(reply).answers?.[1]?.name, 'b.example');
});

test('names are bytes: dots and binary inside labels stay', () => {
  const odd = nameBytes(['a.b', Buffer.of(0, 0xff, 0x20), 'com']);
  assert.deepEqual(
    parseMessage(buildQuery({ name: ['a.b', Buffer.of(0, 0xff, 0x20), 'com'] })).question.subarray(0, -4),
    odd,
  );
  assert.equal(nameText(odd), 'a\\046b.\\000\\255\\032.com');
  assert.equal(nameText(nameBytes('.')), '.');
});

test('names in RDATA are uncompressed for comparison', () => {
  const query = buildQuery({ name: 'x.example' });
  const pointing = { type: types.CNAME, rdata: Buffer.from([1, 0x77, 0xc0, 14]) };
  assert.deepEqual(
    parseMessage(buildReply(query, { answer: [pointing] })).answer[0]?.rdata,
    nameBytes('w.example'),
  );
});

test('malformed messages throw', () => {
  const good = buildReply(buildQuery(), { answer: [a('10.0.0.1'), txt({}, 'x')] });
  const malformed = [
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.of(0)]),
    header(1, 0, [2, 0, 0, 0]),
    Buffer.concat([header(1, 0, [1, 0, 0, 0]), Buffer.of(0xc0, 12, 0, 1, 0, 1)]),
    Buffer.concat([header(1, 0, [1, 0, 0, 0]), Buffer.of(0x41), questionBytes('.')]),
    buildReply(buildQuery(), {
      edns: {},
      additional: [{ owner: '.', type: types.OPT, rdata: Buffer.alloc(0) }],
    }),
  ];
  for (const bytes of malformed) assert.throws(() => parseMessage(bytes));
});

test('many addresses are all different', () => {
  assert.equal(
    new Set(manyAddresses(1000).map(({ rdata }) => Buffer.from(rdata).toString('hex'))).size,
    1000,
  );
});
