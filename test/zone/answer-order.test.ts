// answer-order.test — every order comes, none is preferred but those that should be, and no record is lost or mixed up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeAnswer } from '../../src/cache/compose-answer.ts';
import { judge } from '../../src/cache/verdict.ts';
import { Query } from '../../src/message/query.ts';
import { rereadQuery } from '../../src/message/question.ts';
import { type AnswerOrder, Shuffled, Weighted } from '../../src/zone/answer-order.ts';
import { parseNetwork } from '../../src/zone/networks.ts';
import { cacheUpTo } from '../lab/cache-plan.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { wire } from '../lab/question.ts';
import { a, cname, manyAddresses } from '../lab/records.ts';
import { buildQuery, buildReply, type RecordSpec } from '../lab/wire.ts';

/** A generator that is the same each time. */
function chance(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** Composes replies with these answers, each in its order. */
function composer(answer: RecordSpec[], order: AnswerOrder) {
  const asked = buildQuery({ name: 'www.example' });
  const bytes = buildReply(asked, { answer });
  const view = { bytes, start: 0, length: bytes.length, nameLength: 13 };
  const verdict = judge(view, { index: 0, cache: cacheUpTo(30, 30) }, 0, () => 0);
  assert.ok(verdict.outcome === 'answer');
  const query = new Query();
  rereadQuery(query, asked, 0, asked.length);
  const out = Buffer.alloc(8192);
  const rules = { nsid: undefined, order, keepsTtl: false, set: 0, clear: 0, udpSize: 4096 };
  return () => {
    const length = composeAnswer(verdict.entry, query, out, 0, 4096, 1000, rules);
    return parseMessage(out.subarray(0, length));
  };
}

test('four addresses come in all their 24 orders, about as often', () => {
  const next = composer(manyAddresses(4), new Shuffled([], chance()));
  const seen = new Map<string, number>();
  for (let i = 0; i < 24 * 50; i++) {
    const key = addresses(next()).join(' ');
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  assert.equal(seen.size, 24);
  assert.ok(
    [...seen.values()].every((times) => times > 25 && times < 85),
    [...seen.values()].join(' '),
  );
});

test('the alias stays in front, and addresses keep their TTLs and owners', () => {
  const next = composer(
    [cname('b.example'), ...[1, 2, 3].map((tail) => a(`10.0.0.${tail}`, { owner: 'b.example' }))],
    new Shuffled([], chance()),
  );
  const orders = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const { answer } = next();
    assert.deepEqual(
      answer.map(({ type }) => type),
      [5, 1, 1, 1],
    );
    assert.deepEqual([...new Set(answer.map(({ ttl }) => ttl))], [29]);
    assert.ok(answer.slice(1).every(({ name }) => name.toString('latin1') === wire('b.example')));
    orders.add(answer.map(({ rdata }) => rdata.toString('hex')).join(' '));
  }
  assert.equal(orders.size, 6);
});

test('addresses of preferred networks come first, those of the first network before all; both parts are shuffled', () => {
  const prefer = ['10.9.0.0/16', '192.168.1.0/24'].map((text) => parseNetwork(text)!);
  const answer = ['192.168.1.1', '10.9.0.1', '172.16.0.1', '10.9.0.2', '172.16.0.2'].map((text) => a(text));
  const next = composer(answer, new Shuffled(prefer, chance()));
  const orders = new Set(Array.from({ length: 40 }, () => addresses(next()).join(' ')));
  assert.deepEqual(
    [...orders].sort(),
    ['10.9.0.1 10.9.0.2', '10.9.0.2 10.9.0.1'].flatMap((first) =>
      ['172.16.0.1 172.16.0.2', '172.16.0.2 172.16.0.1'].map((last) => `${first} 192.168.1.1 ${last}`),
    ),
  );
});

test('the first address is drawn by weight, the others stay', () => {
  const weights = new Map([['\x0a\0\0\0', 3]]);
  const of = (name: string) =>
    name === wire('www.example') ? (address: string) => weights.get(address) ?? 1 : undefined;
  const next = composer(manyAddresses(3), new Weighted({ of }, chance()));
  const first = new Map<string, number>();
  for (let i = 0; i < 1000; i++) {
    const [top, ...others] = addresses(next());
    first.set(top!, (first.get(top!) ?? 0) + 1);
    assert.equal(new Set([top, ...others]).size, 3);
  }
  assert.ok(Math.abs(first.get('10.0.0.0')! - 600) < 60, String(first.get('10.0.0.0')));
  assert.ok(Math.abs(first.get('10.0.0.2')! - 200) < 60, String(first.get('10.0.0.2')));
});

test('without weights of the name each address is as likely', () => {
  const next = composer(manyAddresses(4), new Weighted({ of: () => undefined }, chance()));
  const first = new Set(Array.from({ length: 100 }, () => addresses(next())[0]));
  assert.equal(first.size, 4);
});
