// client-shares.test — who has one share with whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientShares } from '../../src/listen/client-shares.ts';

/** A sockaddr behind 3 bytes of something else. */
function sockaddr(address: readonly number[], port: number): Uint8Array {
  const family = address.length === 4 ? 2 : 10;
  const head = [9, 9, 9, family, 0, port >> 8, port & 255];
  return Uint8Array.from([...head, ...(family === 2 ? [] : [1, 2, 3, 4]), ...address, 7, 7, 7, 7]);
}

const v6 = (...groups: readonly number[]) => groups.flatMap((group) => [group >> 8, group & 255]);
const many = Array.from({ length: 20 }, () => new ClientShares(256));

/** Whether the two have one share whatever the key is. */
const together = (one: readonly number[], other: readonly number[]) =>
  many.every((shares) => shares.of(sockaddr(one, 1000), 3) === shares.of(sockaddr(other, 2000), 3));

test('a host, whatever its port; a /64; all of loopback; and an address of IPv4 in either form', () => {
  const pairs: readonly [readonly number[], readonly number[], boolean][] = [
    [[10, 0, 0, 1], [10, 0, 0, 1], true],
    [[10, 0, 0, 1], [10, 0, 0, 2], false],
    [[127, 0, 0, 1], [127, 9, 8, 7], true],
    [[128, 0, 0, 1], [128, 9, 8, 7], false],
    [v6(0xfd00, 1, 2, 3, 4, 5, 6, 7), v6(0xfd00, 1, 2, 3, 9, 9, 9, 9), true],
    [v6(0xfd00, 1, 2, 3, 4, 5, 6, 7), v6(0xfd00, 1, 2, 4, 4, 5, 6, 7), false],
    [v6(0xfd00, 1, 2, 3, 4, 5, 6, 7), v6(0xfd00, 2, 2, 3, 4, 5, 6, 7), false],
    [[10, 0, 0, 1], v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 1), true],
    [v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 1), v6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 2), false],
  ];
  for (const [one, other, expected] of pairs)
    assert.equal(together(one, other), expected, `${one} and ${other}`);
});

test('hosts of one network are spread over the shares', () => {
  const shares = new ClientShares(256);
  const found = new Set(Array.from({ length: 250 }, (_, i) => shares.of(sockaddr([10, 0, 0, i], 53), 3)));
  assert.ok(found.size > 130, `${found.size} shares of 250 hosts`);
});
