// address-bytes.test — an address is the same after being bytes.

import assert from 'node:assert/strict';
import { SocketAddress } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressBytes, addressText } from '../../../../ha/node/netlink/address-bytes.ts';

test('addresses of both families are read back as they are written', () => {
  fc.assert(fc.property(fc.ipV4(), (address) => assert.equal(addressText(addressBytes(address)), address)));
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
      assert.equal(addressText(addressBytes(address)), canonical);
    }),
    { numRuns: 1000 },
  );
});

test('the bytes are those of the address, in network order', () => {
  const hex = (address: string) => Buffer.from(addressBytes(address)).toString('hex');
  assert.equal(hex('169.254.20.10'), 'a9fe140a');
  assert.equal(hex('fd00:10:96::a'), 'fd00001000960000000000000000000a');
  assert.equal(hex('::'), '0'.repeat(32));
  assert.equal(hex('::ffff:1.2.3.4'), '00000000000000000000ffff01020304');
  assert.equal(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
});

test('bytes of another number are no address', () => {
  for (const size of [0, 3, 5, 15, 17]) assert.equal(addressText(new Uint8Array(size)), undefined);
});
