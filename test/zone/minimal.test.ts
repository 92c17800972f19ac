// minimal.test — what is cut off, and what is not because clients need it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressRecord, message, nameRecord, soaRecord } from '../../src/zone/build-message.ts';
import { Minimal } from '../../src/zone/minimal.ts';
import { TYPE_NS } from '../../src/zone/rdata.ts';
import { question, wire } from '../lab/question.ts';

const a = addressRecord(wire('www.example'), 30, Uint8Array.of(10, 0, 0, 1));
const ns = nameRecord(wire('example'), TYPE_NS, 30, wire('ns.example'));
const soa = soaRecord(wire('example'), 30, wire('ns.example'), wire('root.example'));

for (const [what, before, kept] of [
  ['an answer', message({ answer: [a], authority: [ns], additional: [a] }), [1, 0, 0]],
  ['an answer with SOA', message({ answer: [a], authority: [soa] }), [1, 0, 0]],
  ['an empty answer', message({ additional: [a] }), [0, 0, 0]],
  ['a referral', message({ authority: [ns], additional: [a] }), [0, 1, 1]],
  ['no such type', message({ authority: [soa], additional: [a] }), [0, 1, 1]],
  ['no such name', message({ rcode: 3, authority: [soa] }), [0, 1, 0]],
  ['a failure', message({ rcode: 2, additional: [a] }), [0, 0, 1]],
] as const) {
  test(`${what} keeps ${kept}`, async () => {
    const reply = await new Minimal().resolve(question('www.example'), async () => before);
    assert.deepEqual([reply.answer.length, reply.authority.length, reply.additional.length], kept);
    assert.equal(reply.rcode, before.rcode);
  });
}
