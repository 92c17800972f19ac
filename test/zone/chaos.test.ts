// chaos.test — who this server is, asked in class CH; nothing in any other class.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chaos } from '../../src/zone/chaos.ts';
import { question } from '../lab/question.ts';

const chaos = new Chaos('twindns-0.1.0', ['Miek', 'Ann', 'Miek', 'x'.repeat(300)], 'node-7');

function texts(name: string, type: 'TXT' | 'A' = 'TXT', cls = 3): readonly string[] | string {
  const verdict = chaos.judge(question(name, { type, class: cls }));
  if (typeof verdict === 'string') return verdict;
  assert.ok(
    verdict.answer.every(
      (record) => record.class === 3 && record.ttl === 0 && record.data[0] === record.data.length - 1,
    ),
  );
  return verdict.answer.map(({ data }) => data.toString('latin1', 1));
}

test('version, authors and host are told', () => {
  assert.deepEqual(texts('version.bind'), ['twindns-0.1.0']);
  assert.deepEqual(texts('VERSION.server'), ['twindns-0.1.0']);
  assert.deepEqual(texts('authors.bind'), ['Ann', 'Miek', 'x'.repeat(255)]);
  assert.deepEqual(texts('hostname.bind'), ['node-7']);
  assert.deepEqual(texts('id.server'), ['node-7']);
});

test('other names, types and classes pass', () => {
  assert.equal(texts('version.cluster.local'), 'pass');
  assert.equal(texts('version.bind', 'A'), 'pass');
  assert.equal(texts('version.bind', 'TXT', 1), 'pass');
  assert.equal(chaos.explain(question('version.bind', { type: 'TXT' })), undefined);
  assert.match(chaos.explain(question('id.server', { type: 'TXT', class: 3 }))!, /^id\.server\. in class CH/);
});
