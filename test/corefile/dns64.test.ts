// dns64.test — IPv6 addresses made of IPv4 ones: for which clients and names, behind which prefix, and what is refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressRecord, message, nameRecord, soaRecord } from '../../src/zone/build-message.ts';
import { addressBytes } from '../../src/zone/ip-address.ts';
import type { Message } from '../../src/zone/message.ts';
import type { Question } from '../../src/zone/question.ts';
import { question, shown, wire } from '../lab/question.ts';
import { types } from '../lab/wire.ts';
import { block, blockOf, read, said } from './reading.ts';

const own = addressBytes('2001:db8::53')!;

/** Names say what they have. */
function upstream({ name, type }: Question): Message {
  const first = name.slice(1, 1 + name.charCodeAt(0));
  const alias = [nameRecord(name, types.CNAME, 300, wire('b.example'))];
  const ipv4 = [addressRecord(wire('b.example'), 300, Buffer.of(192, 0, 2, 33))];
  if (first === 'nx') return message({ rcode: 3 });
  if (first === 'fails')
    return message({ rcode: type === types.AAAA ? 2 : 0, answer: type === types.A ? ipv4 : [] });
  if (type === types.A) return message({ answer: [...alias, ...ipv4], authentic: true, authoritative: true });
  if (first === 'dual') return message({ answer: [addressRecord(name, 300, own)] });
  return message({ authority: first === 'soa' ? [soaRecord(name, 60, name, name)] : [] });
}

async function answered(
  lines: readonly string[],
  name: string,
  from = 'fd12::7',
  type: 'A' | 'AAAA' = 'AAAA',
) {
  const [step] = blockOf(lines).steps;
  const asked: number[] = [];
  const given = await step!.resolve(question(name, { type, from }), async (other) => {
    asked.push(other.type);
    return upstream(other);
  });
  const ttls = given.answer.map(({ ttl }) => ttl);
  return { asked, given, text: shown(given.answer).join(' '), ttls };
}

describe('dns64', () => {
  test('makes AAAA of A where there is no AAAA', async () => {
    const { asked, given, text, ttls } = await answered(['dns64'], 'v4.example');
    assert.deepEqual(asked, [28, 1]);
    assert.equal(text, 'CNAME 0162076578616d706c6500 AAAA 0064ff9b0000000000000000c0000221');
    assert.deepEqual(ttls, [300, 300]);
    assert.ok(!given.authentic && !given.authoritative);
    assert.deepEqual(
      (await answered(['dns64'], 'soa.example')).ttls,
      [300, 60],
      'no longer than there is none',
    );
    assert.match((await answered(['dns64'], 'fails.example')).text, /AAAA/);
  });

  test('leaves what has AAAA, what does not exist, other types and clients over IPv4', async () => {
    assert.equal((await answered(['dns64'], 'dual.example')).text, `AAAA ${own.toString('hex')}`);
    assert.deepEqual((await answered(['dns64'], 'nx.example')).asked, [28]);
    assert.deepEqual((await answered(['dns64'], 'v4.example', 'fd12::7', 'A')).asked, [1]);
    assert.deepEqual((await answered(['dns64'], 'v4.example', '10.0.0.1')).asked, [28]);
  });

  test('does all of them, and for all, where it is told to', async () => {
    const all = ['dns64 {', 'prefix 64:ff9b:1::/48', 'translate_all', 'allow_ipv4', '}'];
    assert.match((await answered(all, 'dual.example', '10.0.0.1')).text, /AAAA 0064ff9b0001c000000221/);
    assert.equal(blockOf(all).steps[0]!.looksAtFamily, false);
    assert.equal(blockOf(['dns64']).steps[0]!.looksAtFamily, true);
  });

  // RFC 6052 section 2.4
  for (const [prefix, hex] of [
    ['2001:db8::/32', '20010db8c000022100000000'],
    ['2001:db8:100::/40', '20010db801c000020021'],
    ['2001:db8:122::/48', '20010db80122c000000221'],
    ['2001:db8:122:300::/56', '20010db8012203c000000221'],
    ['2001:db8:122:344::/64', '20010db80122034400c0000221'],
    ['2001:db8:122:344::/96', '20010db80122034400000000c0000221'],
  ] as const)
    test(`behind ${prefix}`, async () =>
      assert.equal(
        (await answered([`dns64 ${prefix}`], 'v4.example')).text.split(' ')[3],
        hex.padEnd(32, '0'),
      ));

  test('says what it does', () => {
    const [step] = blockOf(['dns64']).steps;
    assert.match(step!.explain(question('a.example', { type: 'AAAA', from: '::1' }))!, /no IPv6 address/);
    assert.equal(step!.explain(question('a.example', { type: 'AAAA' })), undefined);
  });
});

for (const [lines, line, says] of [
  [['dns64 64:ff9b::/64x'], 3, /"64:ff9b::\/64x" is no prefix/],
  [['dns64 64:ff9b::'], 3, /is no prefix/],
  [['dns64 64:ff9b::/97'], 3, /32, 40, 48, 56, 64, 96 bits/],
  [['dns64 64:ff9b::/72'], 3, /is no prefix/],
  [['dns64 10.0.0.0/8'], 3, /is no prefix/],
  [['dns64 a b'], 3, /one word too many/],
  [['dns64 {', 'prefix', '}'], 4, /`prefix` needs/],
  [['dns64 {', 'translateall', '}'], 4, /Did you mean translate_all\?/],
] as const)
  test(`refused: ${lines.join(' / ')}`, () => {
    const { faults } = read(block(...lines));
    assert.match(said(faults), new RegExp(`^${line}: `));
    assert.match(said(faults), says);
  });

test('a block behind a prefix counts, with a remark', () => {
  const { plan, faults, warnings } = read(block('dns64 2001:db8::/96 {', 'allow_ipv4', '}'));
  assert.equal(said(faults), '');
  assert.match(said(warnings), /^4: to CoreDNS the block behind a prefix says nothing/);
  assert.equal(plan.listeners[0]!.zones[0]!.block.steps[0]!.looksAtFamily, false);
});
