// rotation.test — the addresses of an answer in another order each second, the same from both levels of the cache; all else stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rotate, rotatingIn } from '../../src/cache/rotation.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { a, aaaa, cname, manyAddresses, rrsig, soa } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { replying } from '../lab/scripts.ts';
import { buildQuery, buildReply, type RecordSpec, types } from '../lab/wire.ts';

/** A reply, and where the TTLs of its records lie. */
function reply(answer: RecordSpec[], authority: RecordSpec[] = []) {
  const bytes = buildReply(buildQuery({ name: 'www.example' }), { answer, authority });
  let at = 12 + 13 + 4;
  const ttls = [...answer, ...authority].map(({ owner, rdata }) => {
    const length = owner === undefined ? 2 : owner.length + 2;
    const ttlAt = at + length + 4;
    at += length + 10 + rdata.length;
    return String.fromCharCode(ttlAt);
  });
  return { bytes, ttlOffsets: ttls.join('') };
}

const texts = (bytes: Buffer) => parseMessage(bytes).answer.map(({ rdata }) => rdata.toString('hex'));

for (const [what, answer, rotates] of [
  ['addresses', manyAddresses(5), 5],
  ['two of IPv6', [aaaa(1), aaaa(2)], 2],
  ['behind an alias', [cname('b.example'), ...manyAddresses(3)], 3],
  ['one', manyAddresses(1), 0],
  ['of two names', [a('10.0.0.1', { owner: 'x.example' }), a('10.0.0.2')], 0],
  ['with a signature behind', [...manyAddresses(3), rrsig(types.A)], 0],
  ['as many as no client can choose from', manyAddresses(65), 0],
] as const) {
  test(`what rotates: ${what}`, () => {
    const { bytes, ttlOffsets } = reply([...answer], [soa({ owner: 'example' })]);
    const rotating = { ...rotatingIn(bytes, 0, ttlOffsets) };
    assert.equal(rotating.count, rotates);
    if (rotates === 0) return;
    const before = texts(bytes);
    const still = before.length - rotates;
    for (let steps = 1; steps <= 2 * rotates; steps++) {
      const turned = Buffer.from(bytes);
      rotate(turned, 0, rotating, steps);
      const by: number = still + (steps % rotates);
      const expected: string[] = [...before.slice(0, still), ...before.slice(by), ...before.slice(still, by)];
      assert.deepEqual(texts(turned), expected);
    }
  });
}

test('each second another address comes first, from either level, with its TTL', async (t) => {
  const lab = await startLab(t, { upstreams: [replying({ answer: manyAddresses(4) })] });
  const firsts = new Set<string>();
  for (let second = 0; second < 4; second++) {
    const composed = await lab.ask({
      name: 'four.example',
      edns: { options: [{ code: 10, data: Buffer.alloc(8) }] },
    });
    for (let i = 0; i < 3; i++) {
      const ready = await lab.ask('four.example');
      assert.deepEqual(addresses(ready), addresses(composed));
      assert.deepEqual(new Set(ready.answer.map(({ ttl }) => ttl)), new Set([30 - second]));
    }
    firsts.add(addresses(composed)[0]!);
    lab.clock.skip(1);
  }
  assert.equal(firsts.size, 4);
  assert.ok(lab.resolver.counters.events.readyAnswers > 4);
});
