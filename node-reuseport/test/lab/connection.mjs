// connection — both ends of a TCP connection, or of a channel, in this process.

import assert from 'node:assert/strict';
import {
  ADDRESS_BYTES,
  accept,
  connectChannel,
  connectTcp,
  describe,
  listenChannel,
  listenTcp,
  pendingError,
  WRITABLE,
} from 'node-reuseport';
import { acceptNext, keep, ready } from './descriptors.mjs';

/** @param options of the client's socket */
export async function connection(address = '127.0.0.1', options = {}) {
  const listener = keep(listenTcp({ address, port: 0 }));
  const client = keep(connectTcp({ address, port: describe(listener).port, ...options }));
  const peer = new Uint8Array(ADDRESS_BYTES);
  const server = await acceptNext(listener, peer);
  await ready(client, WRITABLE);
  assert.equal(pendingError(client), 0);
  return { listener, client, server, peer };
}

let names = 0;

export function channel() {
  const name = `node-reuseport test ${process.pid} ${names++}`;
  const listener = keep(listenChannel(name));
  const client = keep(connectChannel(name));
  const server = keep(accept(listener, new Uint8Array(ADDRESS_BYTES)));
  return { name, listener, client, server };
}
