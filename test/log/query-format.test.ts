// query-format.test — lines of the query log: CoreDNS's words, and all else as it stands.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compileQueryFormat,
  type QueryFacts,
  unknownWords,
  writeQueryLine,
} from '../../src/log/query-format.ts';

const facts: QueryFacts = {
  client: { address: '10.244.1.7', port: 41_022 },
  server: { address: '169.254.20.10' },
  transport: 'udp',
  id: 4711,
  opcode: 0,
  name: 'www.example.org.',
  type: 1,
  class: 1,
  size: 44,
  dnssecOk: true,
  udpSize: 1232,
  reply: { rcode: 0, flags: 0x8180, size: 60 },
  duration: 1.25,
};

function line(format: string, more: Partial<QueryFacts> = {}): string {
  return writeQueryLine(compileQueryFormat(format), { ...facts, ...more });
}

test('the common and the combined format', () => {
  const common =
    '10.244.1.7:41022 - 4711 "A IN www.example.org. udp 44 true 1232" NOERROR qr,rd,ra 60 0.00125s';
  assert.equal(line('{common}'), common);
  assert.equal(line('{combined}'), `${common} "0"`);
  assert.equal(line('[{common}]'), `[${common}]`);
});

for (const [format, expected] of [
  ['asked {name} {type} got {rcode}', 'asked www.example.org. A got NOERROR'],
  [
    '{"who":"{remote}","what":"{name}","size":{size}}',
    '{"who":"10.244.1.7","what":"www.example.org.","size":44}',
  ],
  ['{local} {class}{proto}', '169.254.20.10 INudp'],
  ['{ {type} }', '{ A }'],
  ['} {type} {', '} A {'],
  ['{Type} {>ID} {nonsense} {}', '{Type} {>ID} {nonsense} {}'],
  ['{/view/name}.', '-.'],
  ['no words', 'no words'],
  ['', ''],
] as const) {
  test(`the format ${JSON.stringify(format)}`, () => assert.equal(line(format), expected));
}

test('addresses of IPv6 are in brackets, and other numbers have no name', () => {
  const more = { client: { address: '2001:db8::1', port: 1 }, type: 65_280, class: 9 };
  assert.equal(line('{remote}:{port} {type} {class}', more), '[2001:db8::1]:1 TYPE65280 CLASS9');
  assert.equal(line('{rcode}', { reply: { rcode: 16, flags: 0, size: 0 } }), 'BADVERS');
});

test('all flags; a client without a reply; durations are never written with an exponent', () => {
  assert.equal(line('{>rflags}', { reply: { rcode: 0, flags: 0xffff, size: 1 } }), 'qr,aa,tc,rd,ra,z,ad,cd');
  assert.equal(line('{rcode} {>rflags} {rsize}', { reply: undefined }), '- - -');
  for (const [duration, text] of [
    [0, '0s'],
    [0.001, '0.000001s'],
    [0.0001, '0s'],
    [2000, '2s'],
    [100, '0.1s'],
  ] as const)
    assert.equal(line('{duration}', { duration }), text);
});

test('what looks like a word and is none is found', () => {
  assert.deepEqual(unknownWords('{nmae} {name} {>rflag} {"size":{size}} {common} {/x}'), [
    '{nmae}',
    '{>rflag}',
  ]);
  assert.deepEqual(unknownWords('{type}{>id}{rcode}{/meta}{common}{combined}'), []);
});
