// queries.test — a seed draws the same queries each time, of every kind, and each can be repeated by what is told of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corefiles } from './corefiles.ts';
import { limitOf, queriesFor, queryText } from './queries.ts';

const drawn = queriesFor(corefiles[0]!, 2000, 1);

test('a seed is a list of queries', () => {
  assert.deepEqual(queriesFor(corefiles[0]!, 20, 1), drawn.slice(0, 20));
  assert.notDeepEqual(queriesFor(corefiles[0]!, 20, 2), drawn.slice(0, 20));
});

test('plain and odd ones are drawn', () => {
  for (const isOf of [
    ({ transport }: (typeof drawn)[number]) => transport === 'tcp',
    ({ name }: (typeof drawn)[number]) => name !== name.toLowerCase(),
    ({ type }: (typeof drawn)[number]) => type === 65_280,
    ({ edns }: (typeof drawn)[number]) => edns?.do === true,
    ({ edns }: (typeof drawn)[number]) => edns?.version === 1,
    ({ edns }: (typeof drawn)[number]) => edns === undefined,
    ({ flags }: (typeof drawn)[number]) => (flags & 0x100) === 0,
    ({ flags }: (typeof drawn)[number]) => (flags & 0x7800) !== 0,
    (query: (typeof drawn)[number]) => query.class === 3,
  ])
    assert.ok(drawn.some(isOf), `${isOf}`);
});

test('there are twenty Corefiles, each with a name of its own', () => {
  assert.equal(corefiles.length, 20);
  assert.equal(new Set(corefiles.map(({ name }) => name)).size, 20);
});

test('what a client takes is 512 bytes at least, and a message over TCP', () => {
  const [some] = drawn;
  const { edns: _, ...plain } = some!;
  assert.equal(limitOf({ ...plain, transport: 'udp' }), 512);
  assert.equal(limitOf({ ...plain, transport: 'udp', edns: { size: 0 } }), 512);
  assert.equal(limitOf({ ...plain, transport: 'udp', edns: { size: 1232 } }), 1232);
  assert.equal(limitOf({ ...plain, transport: 'tcp' }), 65_535);
});

test('a query is told with all that it has', () => {
  const query = {
    name: 'A.example',
    type: 28,
    class: 1,
    flags: 0x110,
    transport: 'udp' as const,
    client: '127.0.0.1',
    port: 5353,
  };
  assert.equal(queryText(query), 'A.example class 1 type AAAA flags 0x110 udp from 127.0.0.1 port 5353');
  assert.match(
    queryText({ ...query, type: 1234, edns: { size: 512, do: true } }),
    /TYPE1234 .*"size":512,"do":true/,
  );
});
