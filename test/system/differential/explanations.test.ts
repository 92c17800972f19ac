// explanations.test — a reason explains what it was written for, and nothing beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from '../../lab/message.ts';
import { a, soa } from '../../lab/records.ts';
import { buildQuery, buildReply, flags, type ReplySpec } from '../../lab/wire.ts';
import { compare } from './compare.ts';
import { corefiles } from './corefiles.ts';
import { explain, explanations } from './explanations.ts';
import { limitOf, type Query } from './queries.ts';

const plain: Query = {
  name: 'a.example',
  type: 1,
  class: 1,
  flags: flags.RD,
  transport: 'udp',
  client: '127.0.0.1',
  port: 53,
};

/** Why each field differs, by the first words; undefined: it is a finding. */
function whys(
  coredns: ReplySpec | 'silence',
  twindns: ReplySpec,
  change: Partial<Query> = {},
  corefile = 'cache-bare',
): (string | undefined)[] {
  const query = { ...plain, ...change };
  const served = corefiles.find(({ name }) => name === corefile)!;
  const bytes = buildQuery(query);
  const reply = (spec: ReplySpec) => parseMessage(buildReply(bytes, spec));
  const both = { coredns: coredns === 'silence' ? coredns : reply(coredns), twindns: reply(twindns) };
  const differences = compare(both.coredns, both.twindns, limitOf(query));
  return differences.map((difference) =>
    explain({
      served,
      query,
      difference,
      differences,
      wasWithoutRd: !(query.flags & flags.RD),
      ...both,
    })?.why.slice(0, 12),
  );
}

test('what is the same needs no reason', () => {
  assert.deepEqual(whys({ answer: [a('192.0.2.1')] }, { answer: [a('192.0.2.1')] }), []);
});

test('another answer, response code or silence is a finding', () => {
  assert.deepEqual(whys({ answer: [a('192.0.2.1')] }, { answer: [a('192.0.2.2')] }), [undefined]);
  assert.deepEqual(whys({ rcode: 0 }, { rcode: 2 }), [undefined]);
  assert.deepEqual(whys('silence', {}), [undefined]);
  assert.deepEqual(whys({ rcode: 0 }, { rcode: 5 }, { class: 1 }), [undefined]);
  assert.deepEqual(whys({ answer: [a('192.0.2.1', { ttl: 5 })] }, { answer: [a('192.0.2.1')] }), [undefined]);
  assert.deepEqual(whys({ edns: {} }, { edns: { do: true } }), [undefined]);
});

test('a difference on purpose has its reason, and its opposite has none', () => {
  const [set, clear] = [{ flags: flags.AD }, {}];
  assert.deepEqual(whys(set, clear), ['AD is for cl']);
  assert.deepEqual(whys(clear, set), [undefined]);
  assert.deepEqual(whys(set, clear, { flags: flags.RD | flags.AD }), [undefined]);
  assert.deepEqual(whys({ flags: flags.AA }, clear, { name: 'aa.example' }), ['AA of anothe']);
  assert.deepEqual(whys({ flags: flags.AA }, clear), [undefined]);
  assert.deepEqual(whys({ rcode: 0 }, { rcode: 5 }, { class: 3 }), ['a class othe']);
  const cut = (count: number) => ({
    flags: flags.TC,
    answer: Array.from({ length: count }, (_, i) => a(`192.0.2.${i}`)),
  });
  assert.deepEqual(whys(cut(0), cut(3)), ['a reply that']);
  const absent = (ttl: number) => ({ authority: [soa({ owner: 'example', ttl })] });
  assert.deepEqual(whys(absent(60), absent(45)), ['the absence ']);
  assert.deepEqual(whys(absent(45), absent(60)), [undefined]);
});

test('a TTL may differ where one server alone had kept an answer', () => {
  const answer = (ttl: number) => ({ answer: [a('192.0.2.1', { ttl })] });
  assert.deepEqual(whys(answer(20), answer(30), { flags: 0 }), ['an answer to']);
  assert.deepEqual(whys(answer(30), answer(20), { flags: 0 }), [undefined]);
  assert.deepEqual(whys(answer(20), answer(30)), [undefined]);
  assert.deepEqual(whys(answer(20), answer(30), {}, 'ports-and-nested-zones'), ['listeners wi']);
  assert.deepEqual(whys(answer(30), answer(20), { name: 'many.example' }), ['what is cut ']);
  assert.deepEqual(whys(answer(30), answer(20), { name: 'many.example' }, 'no-cache'), [undefined]);
});

test('the name of a rewritten answer may be the other one with CoreDNS alone', () => {
  const named = (owner: string, address = '192.0.2.1') => ({ answer: [a(address, { owner })] });
  const renamed = (...specs: [ReplySpec, ReplySpec]) => whys(...specs, {}, 'rewrite-names');
  assert.deepEqual(renamed(named('b.example'), named('a.example')), ['an answer ha']);
  assert.deepEqual(renamed(named('a.example'), named('b.example')), [undefined]);
  assert.deepEqual(renamed(named('b.example'), named('a.example', '192.0.2.2')), [undefined]);
  assert.deepEqual(whys(named('b.example'), named('a.example')), [undefined]);
});

test('an Extended DNS Error is explained, another option is not', () => {
  const ede = (code: number) => ({ edns: { options: [{ code: 15, data: Buffer.of(0, code) }] } });
  assert.deepEqual(whys({ edns: {} }, ede(13)), ['an Extended ']);
  assert.deepEqual(whys({ edns: {} }, ede(4)), [undefined]);
  assert.deepEqual(whys(ede(13), { edns: {} }), [undefined]);
});

test('each reason is a sentence of its own', () => {
  assert.equal(new Set(explanations.map(({ why }) => why)).size, explanations.length);
});
