// acl.test — which client gets which answer: the first rule that fits decides.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Acl, type AclAction, type AclList, type AclRule } from '../../src/zone/acl.ts';
import { parseNetwork } from '../../src/zone/networks.ts';
import { type QuestionSpec, question, wire } from '../lab/question.ts';
import { types } from '../lab/wire.ts';

function rule(
  action: AclAction,
  networks?: readonly string[],
  ofTypes?: readonly (keyof typeof types)[],
): AclRule {
  return {
    action,
    networks: networks?.map((text) => parseNetwork(text)!),
    types: ofTypes && new Set(ofTypes.map((type) => types[type])),
  };
}

/** What becomes of a query, in one word. */
function outcome(lists: readonly AclList[], name: string, spec: QuestionSpec = {}): string {
  const acl = new Acl(lists);
  const asked = question(name, spec);
  const verdict = acl.judge(asked);
  assert.equal(acl.explain(asked) === undefined, verdict === 'pass', 'it says what it does');
  if (typeof verdict === 'string') return verdict;
  assert.deepEqual([verdict.answer, verdict.authority, verdict.additional], [[], [], []]);
  return `${verdict.rcode} ede ${verdict.ede}`;
}

const mixed: AclList = {
  zones: [],
  rules: [
    rule('allow', ['127.0.0.0/30']),
    rule('drop', ['127.0.3.0/24']),
    rule('filter', ['127.0.0.0/8'], ['AAAA']),
    rule('block', undefined, ['TXT', 'MX']),
    rule('block', ['127.0.2.0/24']),
  ],
};

for (const [from, type, expected] of [
  ['127.0.0.2', 'TXT', 'pass'],
  ['127.0.1.1', 'A', 'pass'],
  ['127.0.1.1', 'AAAA', '0 ede 17'],
  ['127.0.1.1', 'TXT', '5 ede 15'],
  ['10.0.0.1', 'MX', '5 ede 15'],
  ['127.0.2.7', 'A', '5 ede 15'],
  ['127.0.3.9', 'AAAA', 'drop'],
  ['::1', 'AAAA', 'pass'],
  ['nonsense', 'A', '5 ede 15'],
] as const) {
  test(`${type} from ${from}: ${expected}`, () => {
    assert.equal(outcome([mixed], 'www.example.org', { from, type }), expected);
  });
}

test('a list is for its zones alone, and what it allows no later list blocks', () => {
  const secret = { zones: [wire('secret.example')], rules: [rule('allow', ['127.0.5.5']), rule('block')] };
  const later = { zones: [], rules: [rule('drop', undefined, ['TXT'])] };
  const of = (name: string, spec: QuestionSpec) => outcome([secret, later], name, spec);
  assert.equal(of('www.example', { from: '127.0.2.7' }), 'pass');
  assert.equal(of('a.secret.example', { from: '127.0.2.7' }), '5 ede 15');
  assert.equal(of('Secret.Example', { from: '127.0.2.7' }), '5 ede 15');
  assert.equal(of('notsecret.example', { from: '127.0.2.7' }), 'pass');
  assert.equal(of('a.secret.example', { from: '127.0.5.5', type: 'TXT' }), 'pass');
  assert.equal(of('www.example', { from: '127.0.5.5', type: 'TXT' }), 'drop');
});

test('a list without a rule that fits leaves the query to the next list', () => {
  const one = { zones: [], rules: [rule('allow', ['10.0.0.0/8'])] };
  assert.equal(outcome([one, mixed], 'a.example', { from: '127.0.3.1' }), 'drop');
});

test('10,000 networks in as many rules: the first that fits, and no list is walked', () => {
  const rules = Array.from({ length: 10_000 }, (_, i) =>
    rule(i % 2 === 0 ? 'block' : 'drop', [`10.${i >> 8}.${i & 255}.0/24`]),
  );
  const acl = new Acl([{ zones: [], rules: [...rules, rule('filter', ['10.0.0.0/8'])] }]);
  const last = question('a.example', { from: `10.${9999 >> 8}.${9999 & 255}.7` });
  assert.equal(acl.judge(last), 'drop');
  assert.equal(acl.judge(question('a.example', { from: '11.0.0.1' })), 'pass');
  assert.match(acl.explain(question('a.example', { from: '10.99.0.1' }))!, /without records/);
  const begin = process.cpuUsage();
  for (let i = 0; i < 2000; i++) acl.judge(last);
  const { user, system } = process.cpuUsage(begin);
  assert.ok(
    user + system < 400_000,
    `2,000 queries took ${user + system} µs; walking the rules takes seconds`,
  );
});
