// local.test — what means this machine is answered here, and nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counters } from '../../src/counters.ts';
import { message } from '../../src/zone/build-message.ts';
import { Local } from '../../src/zone/local.ts';
import { question, shown, wire } from '../lab/question.ts';
import type { types } from '../lab/wire.ts';

const loopback6 = `${'00'.repeat(15)}01`;
const localhost = '096c6f63616c686f737400';

async function ask(name: string, type: keyof typeof types, local = new Local(true)) {
  const beyond = message({ rcode: 9 });
  const asked = question(name, { type });
  const answer = await local.resolve(asked, async () => beyond);
  assert.equal(local.explain(asked) === undefined, answer === beyond, 'it says what it does');
  return answer === beyond ? 'next' : answer;
}

for (const [name, type, answer] of [
  ['localhost', 'A', 'A 7f000001'],
  ['localhost', 'AAAA', `AAAA ${loopback6}`],
  ['LocalHost', 'NS', `NS ${localhost}`],
  ['web.localhost', 'A', 'A 7f000001'],
  ['a.web.localhost', 'AAAA', `AAAA ${loopback6}`],
  ['localhost.shop.svc.cluster.local', 'A', 'A 7f000001'],
  ['1.0.0.127.in-addr.arpa', 'PTR', `PTR ${localhost}`],
  [`1.${'0.'.repeat(31)}ip6.arpa`, 'PTR', `PTR ${localhost}`],
  ['127.in-addr.arpa', 'NS', `NS ${localhost}`],
] as const) {
  test(`${name} ${type}: ${answer}`, async () => {
    const reply = await ask(name, type);
    assert.ok(reply !== 'next');
    assert.deepEqual(shown(reply.answer), [answer]);
    assert.deepEqual([reply.rcode, reply.authority.length], [0, 0]);
    assert.equal(reply.answer[0]!.ttl, 604_800);
    assert.equal(reply.answer[0]!.owner, wire(name.toLowerCase()));
  });
}

for (const [name, type, rcode, owner] of [
  ['localhost', 'MX', 0, 'localhost'],
  ['web.localhost', 'MX', 0, 'web.localhost'],
  ['9.127.in-addr.arpa', 'PTR', 3, '127.in-addr.arpa'],
  ['1.0.0.127.in-addr.arpa', 'A', 0, '127.in-addr.arpa'],
  ['0.in-addr.arpa', 'A', 0, '0.in-addr.arpa'],
  ['255.255.255.255.in-addr.arpa', 'PTR', 3, '255.in-addr.arpa'],
] as const) {
  test(`${name} ${type}: nothing, as the SOA of ${owner} says`, async () => {
    const reply = await ask(name, type);
    assert.ok(reply !== 'next');
    assert.deepEqual([reply.rcode, reply.answer.length], [rcode, 0]);
    assert.deepEqual(
      reply.authority.map(({ owner: of, type: soa }) => [of, soa]),
      [[wire(owner), 6]],
    );
  });
}

test('the SOA is whole', async () => {
  const reply = await ask('localhost', 'SOA');
  assert.ok(reply !== 'next');
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(1, 0);
  numbers.writeUInt32BE(604_800, 16);
  const rdata = Buffer.concat([Buffer.from(wire('localhost') + wire('root.localhost'), 'latin1'), numbers]);
  assert.deepEqual(reply.answer[0]!.data, rdata);
});

for (const name of [
  'www.example.org',
  'notlocalhost',
  'localhosts.example',
  'a.localhost.example',
  '1.128.in-addr.arpa',
  '2.ip6.arpa',
])
  test(`${name} is not local`, async () => assert.equal(await ask(name, 'A'), 'next'));

test('what begins with localhost is counted, and left alone where that is said', async () => {
  const local = new Local(true);
  const { events } = new Counters();
  local.countIn(events);
  for (const name of ['localhost.example', 'a.localhost', 'localhost']) await ask(name, 'A', local);
  assert.equal(events.localhostQueries, 2);
  assert.equal(await ask('localhost.example', 'A', new Local(false)), 'next');
  assert.notEqual(await ask('a.localhost', 'A', new Local(false)), 'next');
});
