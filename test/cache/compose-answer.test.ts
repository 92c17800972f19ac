// compose-answer.test — a reply costs what it has, not what its entry has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeAnswer } from '../../src/cache/compose-answer.ts';
import { judge } from '../../src/cache/verdict.ts';
import { Query } from '../../src/message/query.ts';
import { rereadQuery } from '../../src/message/question.ts';
import { cacheUpTo } from '../lab/cache-plan.ts';
import { parseMessage } from '../lab/message.ts';
import { manyAddresses, soa } from '../lab/records.ts';
import { buildQuery, buildReply } from '../lab/wire.ts';

const untouched = 0xee;

/** The reply to a query with this EDNS size from an entry of that many addresses. */
function compose(records: number, size: number) {
  const asked = buildQuery({ name: 'big.example', edns: { size } });
  const bytes = buildReply(asked, { answer: manyAddresses(records), authority: [soa()] });
  const view = { bytes, start: 0, length: bytes.length, nameLength: 13 };
  const verdict = judge(view, { index: 0, cache: cacheUpTo(30, 30) }, 0, () => 0);
  assert.equal(verdict.outcome, 'answer');
  const query = new Query();
  rereadQuery(query, asked, 0, asked.length);
  const out = Buffer.alloc(1 << 17, untouched);
  const length = verdict.outcome === 'answer' ? composeAnswer(verdict.entry, query, out, 0, size, 1000) : 0;
  return { reply: parseMessage(out.subarray(0, length)), out };
}

test('of 60 KB no more is written than may be sent, and the TTLs in it are right', () => {
  const { reply, out } = compose(3700, 1232);
  assert.ok(out.subarray(1232).every((byte) => byte === untouched));
  assert.equal(reply.tc, true);
  assert.ok(reply.answer.length > 70 && reply.authority.length === 0);
  assert.deepEqual(new Set(reply.answer.map(({ ttl }) => ttl)), new Set([29]));
});

test('at every size what is left are whole records, as many as fit', () => {
  for (let size = 512; size <= 600; size++) {
    const { reply } = compose(60, size);
    assert.equal(reply.tc, true);
    assert.ok(
      reply.bytes.length <= size && reply.bytes.length > size - 16,
      `${reply.bytes.length} of ${size}`,
    );
  }
});
