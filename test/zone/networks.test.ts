// networks.test — what is a network, what is in it, and that thousands cost what one does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBytes } from '../../src/zone/ip-address.ts';
import { holds, NetworkTable, parseNetwork } from '../../src/zone/networks.ts';

for (const text of [
  '10.0.0.300/8',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0/8',
  'fd00::/129',
  '::ffff:10.0.0.0/95',
  '',
  '/8',
  'any',
]) {
  test(`no network: ${JSON.stringify(text)}`, () => assert.equal(parseNetwork(text), undefined));
}

for (const [network, inside, outside] of [
  ['10.0.0.0/8', '10.255.1.2', '11.0.0.0'],
  ['10.1.2.3/8', '10.9.9.9', '9.255.255.255'], // the bits behind the prefix are nothing
  ['192.0.2.1', '192.0.2.1', '192.0.2.0'],
  ['127.0.0.0/30', '127.0.0.3', '127.0.0.4'],
  ['0.0.0.0/0', '255.1.2.3', '::1'],
  ['::/0', '2001:db8::1', '10.0.0.1'],
  ['fd00::/8', 'fdff:1::2', 'fe00::1'],
  ['2001:db8:0:1::/63', '2001:db8::ffff:0:0:1', '2001:db8:0:2::'],
  ['2001:db8::1', '2001:DB8:0:0::1', '2001:db8::2'],
  ['::ffff:10.0.0.0/104', '10.3.4.5', '11.0.0.1'],
] as const) {
  test(`${network} holds ${inside} and not ${outside}`, () => {
    const parsed = parseNetwork(network)!;
    const table = new NetworkTable<string>();
    table.add(parsed, network);
    for (const [address, is] of [
      [inside, true],
      [outside, false],
    ] as const) {
      const bytes = addressBytes(address)!;
      assert.equal(holds(parsed, bytes), is, address);
      assert.equal([...table.of(bytes)].length, is ? 1 : 0, address);
    }
  });
}

test('a table finds what looking at one network after the other finds', () => {
  const byte = fc.nat(255);
  const network = fc.record({ bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }), prefix: fc.nat(32) });
  fc.assert(
    fc.property(
      fc.array(network, { maxLength: 60 }),
      fc.tuple(byte, byte, byte, byte),
      (networks, address) => {
        const bytes = Uint8Array.from(address);
        const table = new NetworkTable<number>();
        for (const [index, one] of networks.entries()) table.add(one, index);
        const found = [...table.of(bytes)].flat().sort((a, b) => a - b);
        const number = (of: Uint8Array) => Buffer.from(of).readUInt32BE();
        const right = networks.flatMap(({ bytes: of, prefix }, index) => {
          const shift = 2 ** (32 - prefix);
          return Math.floor(number(of) / shift) === Math.floor(number(bytes) / shift) ? [index] : [];
        });
        assert.deepEqual(found, right);
      },
    ),
  );
});
