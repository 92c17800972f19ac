// compress — target: a response written again says what it said, in fewer bytes.

import { compress as write } from '../../../src/message/compress.ts';
import { plainNameLength } from '../../../src/message/name.ts';
import { MAX_RECORDS } from '../../../src/message/records.ts';
import { type Message, parseMessage, type Resource } from '../../lab/message.ts';
import { a, cname, manyAddresses, ns, opaque, soa } from '../../lab/records.ts';
import { buildQuery, buildReply, nameBytes, types, words } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

export const compress: Target = {
  name: 'compress',
  sentence: 'src/message writes the names of responses as short as they can be',
  most: 1400,
  seeds,
  run(bytes) {
    const nameLength = plainNameLength(bytes, 12, bytes.length);
    if (bytes.length < 12 || nameLength < 0 || 12 + nameLength + 4 > bytes.length) return;
    const counts = [6, 8, 10].map((at) => bytes.readUInt16BE(at));
    const records = counts.reduce((sum, count) => sum + count, 0);
    if (records > MAX_RECORDS) return;
    const made = write({ bytes, start: 0, length: bytes.length, nameLength }, bytes.length, records);
    if (made === undefined) return;
    must(made.length < bytes.length, 'it is shorter');
    const written = Buffer.from(made.bytes.subarray(0, made.length));
    const before = parsed(bytes);
    if (before === undefined) return;
    const after = parseMessage(written);
    must(after.question.equals(before.question), 'the question stays');
    const all = recordsOf(after);
    must(same(all, recordsOf(before)), 'each record says the same');
    must(
      all.every(({ ttl }, i) => written.readUInt32BE(made.ttlOffsets[i]!) === ttl),
      'each TTL lies where it is said to',
    );
    const again = { bytes: written, start: 0, length: written.length, nameLength };
    must(write(again, written.length, records) === undefined, 'it is as short as it can be');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

function seeds(): Buffer[] {
  const asked = (type: number) => buildQuery({ id: 7, name: 'www.Example', type });
  const srv = Buffer.concat([words(0, 1, 53), nameBytes('a.example')]);
  return [
    buildReply(asked(types.A), { answer: manyAddresses(9, { owner: 'www.example' }) }),
    buildReply(asked(types.A), {
      answer: [cname('b.example', { owner: 'www.example' }), a('10.0.0.1', { owner: 'b.example' })],
    }),
    buildReply(asked(types.SRV), {
      answer: [opaque(types.SRV, srv, { owner: 'www.example' })],
      additional: [a('10.0.0.3', { owner: 'A.example' })],
    }),
    buildReply(asked(types.MX), {
      answer: [opaque(types.MX, Buffer.concat([words(10), Buffer.of(1, 97), words(0xc00c)]))],
      authority: [ns('ns.www.example', { owner: 'example' }), soa({ owner: 'example' })],
    }),
  ];
}

/** None, when it is no message. */
function parsed(bytes: Buffer): Message | undefined {
  try {
    return parseMessage(bytes);
  } catch {
    return undefined;
  }
}

function recordsOf({ answer, authority, additional }: Message): readonly Resource[] {
  return [...answer, ...authority, ...additional];
}

function same(one: readonly Resource[], other: readonly Resource[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((record, i) => {
    const { name, type, ttl, rdata } = other[i]!;
    if (record.type !== type || record.ttl !== ttl || !sameLetters(record.name, name)) return false;
    // A name that came with a pointer where it must have none: here it is taken for bytes.
    return sameLetters(record.rdata, rdata) || type === types.SRV || type === types.DNAME;
  });
}

function sameLetters(one: Buffer, other: Buffer): boolean {
  return one.toString('latin1').toLowerCase() === other.toString('latin1').toLowerCase();
}
