// control-server.test — the socket of commands bears what callers do, and is made again when it has gone.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { close, connectChannel, EAGAIN, receiveMessage, sendMessage } from 'node-reuseport';
import { callerOf } from '../../src/control/call-instance.ts';
import { serveControl } from '../../src/control/control-server.ts';
import { LONGEST_REPLY, LONGEST_REQUEST } from '../../src/control/protocol.ts';
import { controlPath } from '../../src/options/pair-directory.ts';
import type { InstanceStatus } from '../../src/status.ts';
import { pairDirectory } from '../lab/controlled.ts';
import { silentLog } from '../lab/resolver.ts';

function setUp(t: TestContext, answer: () => Promise<object> = async () => ({ slot: 'primary' })) {
  const config = {
    listen: ['127.0.0.1'],
    port: 53,
    slot: 'primary',
    channelDirectory: pairDirectory(t),
  } as const;
  const server = serveControl(config, silentLog, answer, { due: 50, look: 10 });
  t.after(() => server.stop());
  return { path: controlPath(config, 'primary'), call: callerOf(config) };
}

/** What comes back of the bytes; '' when the instance hangs up. */
async function said(t: TestContext, path: string, text?: string): Promise<string> {
  const fd = connectChannel(path);
  t.after(() => close(fd));
  const bytes = Buffer.from(text ?? '');
  if (text !== undefined) sendMessage(fd, bytes, bytes.length, new Int32Array(0));
  const reply = Buffer.alloc(LONGEST_REPLY);
  for (;;) {
    const length = receiveMessage(fd, reply, new Int32Array(1));
    if (length !== -EAGAIN) return reply.toString('utf8', 0, Math.max(0, length));
    await pause(2);
  }
}

test('what is no request is refused with a reason', async (t) => {
  const { path } = setUp(t);
  assert.equal(await said(t, path, 'hello'), '{"error":"a request is JSON"}');
  assert.match(await said(t, path, '{"do":"dance"}'), /this version does not know how to \\"dance\\"/);
  assert.match(await said(t, path, '{"do":"toString"}'), /does not know how to/);
  assert.match(await said(t, path, '{"do":"names","most":1e9}'), /most of names is not what it has to be/);
  assert.match(await said(t, path, '{"do":"flush","name":"a"}'), /zone of flush is not/);
  assert.match(await said(t, path, `"${'x'.repeat(LONGEST_REQUEST)}"`), /too long|^$/);
  assert.equal(await said(t, path), '', 'a caller that says nothing is hung up on');
});

test('few are answered at a time', async (t) => {
  let release = () => {};
  let asked = 0;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { call } = setUp(t, async () => {
    asked++;
    return gate.then(() => ({}));
  });
  const calls = Array.from({ length: 8 }, () => call('primary', 'status', {}));
  while (asked < 8) await pause(2);
  await assert.rejects(call('primary', 'status', {}), /too many at once/);
  release();
  await Promise.all(calls);
  await call('primary', 'status', {});
});

test('a reply beyond its bound, and one that fails, are sentences', async (t) => {
  const long = setUp(t, async () => ({ text: 'x'.repeat(LONGEST_REPLY) }));
  await assert.rejects(long.call('primary', 'status', {}), /more to tell than a reply has room for/);
  const failing = setUp(t, () => Promise.reject(new Error('no luck')));
  await assert.rejects(failing.call('primary', 'status', {}), /no luck/);
  const whole = setUp(t, async () => ({ text: 'x'.repeat(LONGEST_REPLY - 20) }));
  const reply = (await whole.call('primary', 'status', {})) as InstanceStatus & { readonly text: string };
  assert.equal(reply.text.length, LONGEST_REPLY - 20);
});

test('a slow reply is waited for no longer than was said, and none is where none listens', async (t) => {
  const { call } = setUp(t, () => new Promise(() => {}));
  await assert.rejects(call('primary', 'status', {}, 30), /no reply within 30 ms/);
  await assert.rejects(call('secondary', 'status', {}), /none listens in .* for port 53/);
});

test('its file is made again when it has gone', async (t) => {
  const { path, call } = setUp(t);
  rmSync(path);
  await assert.rejects(call('primary', 'status', {}), /none listens/);
  for (let tries = 0; ; tries++) {
    try {
      return void (await call('primary', 'status', {}));
    } catch (error) {
      if (tries > 200) throw error;
      await pause(10);
    }
  }
});
