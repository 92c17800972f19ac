// open-channel — a channel whose other end is the test's: it sees which descriptors are told of.

import type { TestContext } from 'node:test';
import { accept, close, connectChannel, listenChannel, receiveMessage, sendMessage } from 'node-reuseport';
import type { Channel } from '../../ha/link/channel.ts';

/** `told` has the duplicates that came by it; they are the caller's. What the kernel sends by `near` comes when it is heard. */
export function openChannel(t: TestContext) {
  const name = `twindns test channel ${process.pid} ${Math.random()}`;
  const listener = listenChannel(name);
  const near = connectChannel(name);
  const far = accept(listener, new Uint8Array(28));
  const told: number[] = [];
  const descriptors = new Int32Array(8);
  const hear = () => {
    while (receiveMessage(far, new Uint8Array(1 << 16), descriptors) > 0)
      told.push(...descriptors.subarray(1, 1 + descriptors[0]!));
  };
  const sendBulk = (bytes: Uint8Array, length: number, fds = new Int32Array()) => {
    sendMessage(near, bytes, length, fds);
    hear();
    return true;
  };
  t.after(() => {
    for (const fd of [listener, near, far]) close(fd);
  });
  const channel = { pid: 0, fd: -1, sendBulk, whenReady: (task: () => void) => task() };
  return { told, near, hear, channel: channel as unknown as Channel };
}
