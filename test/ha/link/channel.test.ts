// channel.test — what a process said before it died is heard, whatever it had not read itself.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  ADDRESS_BYTES,
  accept,
  bindUdp,
  close,
  connectChannel,
  listenChannel,
  sendMessage,
} from 'node-reuseport';
import { Channel } from '../../../ha/link/channel.ts';
import { encode, FILLS, type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { MESSAGES_TAKE } from '../../../ha/timing.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';

const said: Message = {
  type: 'leaving',
  protocol: PROTOCOL_VERSION,
  slot: 'primary',
  pid: 1,
  instance: 'one',
  version: '0',
  own: [],
  yours: [],
};

function pair(t: TestContext, ended: () => void = () => {}) {
  const name = `twindns/test/${process.pid}`;
  const listener = listenChannel(name);
  const far = connectChannel(name);
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  const loop = new EventLoop((error) => {
    throw error;
  });
  t.after(() => loop.close());
  const heard: string[] = [];
  const channel = new Channel(fd, loop, {
    message: (_channel, { type }) => heard.push(type),
    binary(_channel, bytes, descriptors) {
      heard.push(`${bytes[0]} with ${descriptors.length}`);
      for (const one of descriptors) close(one);
    },
    ended() {
      heard.push('end');
      ended();
    },
  });
  return { channel, far, heard };
}

test('messages and descriptors of a process that died with unread messages come before its end', async (t) => {
  let pieces: ReturnType<typeof pair> | undefined;
  await new Promise<void>((resolve) => {
    pieces = pair(t, resolve);
    const { channel, far } = pieces;
    assert.ok(channel.send(said), 'it will never read this');
    const passed = bindUdp({ address: '127.0.0.1', port: 0 });
    const bytes = encode(said);
    sendMessage(far, bytes, bytes.length, new Int32Array(0));
    sendMessage(far, Uint8Array.of(1, 0, 0, 0), 4, Int32Array.of(passed));
    close(passed);
    close(far);
  });
  assert.deepEqual(pieces!.heard, ['leaving', '1 with 1', 'end']);
});

test('all that was said is heard at once on demand, however much, and whether it was the end', (t) => {
  const { channel, far, heard } = pair(t);
  assert.equal(channel.hear(), true);
  const count = 100; // more than in a turn, and of a kind of which one is enough for a turn
  for (let i = 0; i < count; i++) sendMessage(far, Uint8Array.of(FILLS, 0, 0, 0), 4, new Int32Array(0));
  assert.equal(channel.hear(), true);
  // Cached answers are only useful: of a crowd of them a few are taken in, and what matters is heard behind them.
  assert.deepEqual(heard.splice(0), Array(4).fill(`${FILLS} with 0`));
  sendMessage(far, encode(said), encode(said).length, new Int32Array(0));
  close(far);
  assert.equal(channel.hear(), false);
  assert.deepEqual(heard, ['leaving', 'end']);
  assert.equal(channel.hear(), false);
  assert.equal(heard.length, 2);
});

test('messages that take long are heard one in a turn: queries come between', async (t) => {
  const name = `twindns/test/${process.pid}/slow`;
  const listener = listenChannel(name);
  const far = connectChannel(name);
  const near = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  const loop = new EventLoop((error) => assert.fail(String(error)));
  let [inTurn, most, all] = [0, 0, 0];
  const channel = new Channel(near, loop, {
    message() {
      const end = performance.now() + 2 * MESSAGES_TAKE;
      while (performance.now() < end);
      most = Math.max(most, ++inTurn);
      all++;
    },
    binary() {},
    ended() {},
  });
  t.after(() => {
    channel.close();
    close(far);
    loop.close();
  });
  const bytes = encode(said);
  const count = 20;
  for (let i = 0; i < count; i++) sendMessage(far, bytes, bytes.length, new Int32Array(0));
  while (all < count) {
    inTurn = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assert.equal(most, 1);
});
