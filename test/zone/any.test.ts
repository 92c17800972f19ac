// any.test — a query for all types gets one HINFO, others are none of its business.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Any } from '../../src/zone/any.ts';
import { question, wire } from '../lab/question.ts';

test('ANY is answered with one HINFO record that says that it is obsolete', () => {
  const verdict = new Any().judge(question('www.example.org', { type: 'ANY' }));
  assert.ok(typeof verdict === 'object');
  const [record, ...more] = verdict.answer;
  assert.equal(more.length, 0);
  assert.equal(record!.owner, wire('www.example.org'));
  assert.deepEqual([record!.type, record!.class, record!.ttl], [13, 1, 8482]);
  assert.equal(record!.data.toString(), '\x0dANY obsoleted\x0cSee RFC 8482');
  assert.equal(verdict.rcode, 0);
});

test('other types pass, and it says which do not', () => {
  const any = new Any();
  assert.equal(any.judge(question('www.example.org')), 'pass');
  assert.equal(any.explain(question('www.example.org')), undefined);
  assert.match(any.explain(question('www.example.org', { type: 'ANY' }))!, /HINFO/);
});
