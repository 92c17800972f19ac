// client-source.test — addresses that one client can have are one source, those of two clients are two.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESS_BYTES, accept, close, connectTcp, describe, listenTcp } from 'node-reuseport';
import { clientSource } from '../../src/listen/client-source.ts';

/** A sockaddr as the kernel stores it (ip(7), ipv6(7)). */
function sockaddr(family: 2 | 10, address: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  bytes[0] = family;
  bytes.set([0x9c, 0x40], 2); // the port, which tells nothing
  bytes.set(address, family === 2 ? 4 : 8);
  return bytes;
}

const v4 = (...address: number[]) => clientSource(sockaddr(2, address));
const v6 = (...address: number[]) =>
  clientSource(sockaddr(10, [...address, ...Array(16 - address.length).fill(1)]));

test('an IPv4 address is a source, but all of 127.0.0.0/8 is one', () => {
  assert.equal(v4(10, 1, 2, 3), v4(10, 1, 2, 3));
  assert.notEqual(v4(10, 1, 2, 3), v4(10, 1, 2, 4));
  assert.equal(v4(127, 0, 0, 1), v4(127, 200, 3, 4));
});

test('an IPv6 /64 is a source', () => {
  assert.equal(v6(0xfd, 0, 0, 0, 0, 0, 0, 1), v6(0xfd, 0, 0, 0, 0, 0, 0, 1, 9, 9));
  assert.notEqual(v6(0xfd, 0, 0, 0, 0, 0, 0, 1), v6(0xfd, 0, 0, 0, 0, 0, 0, 2));
});

test('an IPv4 address is the same source at a socket of both families', () => {
  const mapped = (...address: number[]) => v6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address);
  assert.equal(mapped(10, 1, 2, 3), v4(10, 1, 2, 3));
  assert.equal(mapped(127, 1, 2, 3), v4(127, 0, 0, 1));
});

test('the kernel stores addresses as they are read here', async () => {
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = connectTcp({ address: '127.0.0.1', port: describe(listener).port });
  const peer = new Uint8Array(ADDRESS_BYTES + 4);
  const connection = accept(listener, peer.subarray(4));
  assert.equal(clientSource(peer, 4), v4(127, 0, 0, 1));
  for (const fd of [connection, client, listener]) close(fd);
});
