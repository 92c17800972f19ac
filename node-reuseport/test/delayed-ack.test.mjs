// delayed-ack.test — how long an acknowledgement of bytes that are only looked at may be kept back.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { release } from 'node:os';
import { test } from 'node:test';
import { describe, discard, listenTcp, setDelayedAck, wakeAt, write } from 'node-reuseport';
import { acceptNext, keep, ready } from './lab/descriptors.mjs';

const ENOPROTOOPT = 92;
const ROUNDS = 9;
const [major, minor] = release().split('.').map(Number);
const known = major > 6 || (major === 6 && minor >= 15);

/**
 * Median of the milliseconds until the second of two small writes has come. Nagle's algorithm keeps it back until the first is
 * acknowledged (RFC 9293 section 3.7.4).
 */
async function secondPart(listener) {
  const client = connect({ host: '127.0.0.1', port: describe(listener).port, noDelay: false });
  const server = await acceptNext(listener);
  const took = [];
  for (let round = 0; round < ROUNDS; round++) {
    wakeAt(server, 6);
    const began = performance.now();
    client.write('on');
    client.write('ce..');
    await ready(server);
    took.push(performance.now() - began);
    assert.equal(discard(server, 6), 6);
    wakeAt(server, 1);
    write(server, Buffer.from('answer'), 0, 6); // from here on it is a dialogue, in which acknowledgements wait for data
    await once(client, 'data');
  }
  client.destroy();
  return took.sort((a, b) => a - b)[ROUNDS >> 1];
}

test('a client accepted by a listener with that option waits a fraction of the usual time', async () => {
  const options = { address: '127.0.0.1', port: 0 };
  const [usual, told] = [keep(listenTcp(options)), keep(listenTcp(options))];
  assert.equal(setDelayedAck(told, 8), known ? 0 : -ENOPROTOOPT);
  const [long, short] = [await secondPart(usual), await secondPart(told)];
  assert.ok(known ? short < long / 2 : short > long / 2, `${short} ms where ${long} ms are usual`);
});

test('less than two ticks of the kernel, and what is no TCP socket, are refused', () => {
  const listener = keep(listenTcp({ address: '127.0.0.1', port: 0 }));
  assert.equal(setDelayedAck(1 << 30, 8), -9);
  assert.equal(setDelayedAck(listener, 1), known ? -22 : -ENOPROTOOPT);
});
