// channel.test — what a process said before it died is heard, whatever it had not read itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ADDRESS_BYTES,
  accept,
  bindUdp,
  close,
  connectChannel,
  listenChannel,
  sendMessage,
} from 'node-reuseport';
import { Channel } from '../../ha/channel.ts';
import { encode, type Message, PROTOCOL_VERSION } from '../../ha/protocol.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';

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

test('messages and descriptors of a process that died with unread messages come before its end', async () => {
  const name = `twindns/test/${process.pid}`;
  const listener = listenChannel(name);
  const dying = connectChannel(name);
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  const loop = new EventLoop((error) => {
    throw error;
  });
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    const channel = new Channel(fd, loop, {
      message: (_channel, { type }) => heard.push(type),
      binary(_channel, bytes, descriptors) {
        heard.push(`${bytes[0]} with ${descriptors.length}`);
        for (const one of descriptors) close(one);
      },
      ended() {
        heard.push('end');
        resolve();
      },
    });
    assert.ok(channel.send(said), 'it will never read this');
    const passed = bindUdp({ address: '127.0.0.1', port: 0 });
    const bytes = encode(said);
    sendMessage(dying, bytes, bytes.length, new Int32Array(0));
    sendMessage(dying, Uint8Array.of(1, 0, 0, 0), 4, Int32Array.of(passed));
    close(passed);
    close(dying);
  });
  assert.deepEqual(heard, ['leaving', '1 with 1', 'end']);
  close(listener);
  loop.close();
});
