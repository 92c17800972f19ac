// compare.test — two replies are the same but for order, case and a second; whatever else differs is told by its field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from '../../lab/message.ts';
import { a, cname, manyAddresses, ns, opaque } from '../../lab/records.ts';
import { buildQuery, buildReply, flags, type ReplySpec } from '../../lab/wire.ts';
import { compare } from './compare.ts';

const query = buildQuery({ name: 'a.example', id: 7 });
const reply = (spec: ReplySpec) => parseMessage(buildReply(query, spec));

function fieldsOf(coredns: ReplySpec, twindns: ReplySpec, limit = 512): string[] {
  return compare(reply(coredns), reply(twindns), limit).map(({ field }) => field);
}

test('order, the case of names and two seconds of TTL are no difference', () => {
  const [one, two] = [a('192.0.2.1', { ttl: 30 }), a('192.0.2.2', { ttl: 30 })];
  const later = a('192.0.2.1', { ttl: 28 });
  const spelled = (name: string) => ({ answer: [cname(name), a('192.0.2.1', { owner: name })] });
  assert.deepEqual(fieldsOf({ answer: [one, two] }, { answer: [two, later] }), []);
  assert.deepEqual(fieldsOf(spelled('WWW.example'), spelled('www.EXAMPLE')), []);
});

test('each field that differs is told', () => {
  const one = { answer: [a('192.0.2.1')] };
  assert.deepEqual(fieldsOf(one, { ...one, rcode: 3 }), ['rcode']);
  assert.deepEqual(fieldsOf({ edns: { extendedRcode: 1 } }, { edns: {} }), ['rcode']);
  assert.deepEqual(fieldsOf(one, { ...one, flags: flags.AA | flags.AD | flags.TC }), ['aa', 'tc', 'ad']);
  assert.deepEqual(fieldsOf(one, {}), ['answer']);
  assert.deepEqual(fieldsOf(one, { authority: [a('192.0.2.1')] }), ['answer', 'authority']);
  assert.deepEqual(fieldsOf({}, { additional: [ns('x.example')] }), ['additional']);
  assert.deepEqual(fieldsOf(one, { answer: [a('192.0.2.1', { ttl: 33 })] }), ['ttl']);
  assert.deepEqual(fieldsOf({}, { edns: { do: true } }), ['edns']);
  assert.deepEqual(fieldsOf({}, { question: Buffer.alloc(0) }), ['question']);
  assert.deepEqual(
    fieldsOf({ answer: [opaque(16, Buffer.of(1, 65))] }, { answer: [opaque(16, Buffer.of(1, 97))] }),
    ['answer'],
    'the case of texts',
  );
});

test('a reply that is longer than the client takes is one, whatever the other server sends', () => {
  const many = { answer: manyAddresses(40) };
  assert.deepEqual(fieldsOf(many, many), ['size']);
  assert.deepEqual(fieldsOf(many, many, 4096), []);
});

test('silence is a difference to a reply, not to silence', () => {
  assert.deepEqual(compare('silence', 'silence', 512), []);
  assert.deepEqual(compare('silence', reply({}), 512), [
    { field: 'reply', coredns: 'silence', twindns: 'reply' },
  ]);
});
