// channel-under-faults — what twins make of calls on their channel that keep failing; runs where calls can be made to fail.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ADDRESS_BYTES,
  Arena,
  accept,
  close,
  connectChannel,
  listenChannel,
  sendMessage,
} from 'node-reuseport';
import { FailingCalls, type Fault } from '../../../chaos/host/failing-calls.ts';
import { Channel } from '../../../ha/link/channel.ts';
import { channelPath } from '../../../ha/link/channel-directory.ts';
import { pair } from '../../../ha/link/descriptors.ts';
import { encode, type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Rendezvous } from '../../../ha/link/rendezvous.ts';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { Twin } from '../../../ha/twin.ts';
import type { Config } from '../../../src/config.ts';
import { closeSockets } from '../../../src/handover/sockets.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { listenAt, unlisten } from '../../../src/options/listening-socket.ts';
import { channelDirectory, secureDirectory } from '../../../src/options/pair-directory.ts';
import { openAt } from '../../lab/endpoints.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { configAt, silentLog } from '../../lab/resolver.ts';

const address = '127.0.0.1';
const faults = FailingCalls.own();
const arena = new Arena({ ring: 8, parked: 4 });
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

function loopOf(t: TestContext): EventLoop {
  const loop = new EventLoop((error) => {
    throw error;
  });
  t.after(() => void setImmediate(() => loop.close()));
  return loop;
}

/** A channel and what is heard by it; resolves at its end. */
function channelOf(t: TestContext) {
  const name = `twindns/test/${process.pid}`;
  const listener = listenChannel(name);
  const far = connectChannel(name);
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  t.after(() => close(far));
  const heard: string[] = [];
  let over = () => {};
  const end = new Promise<void>((resolve) => {
    over = resolve;
  });
  const channel = new Channel(fd, loopOf(t), {
    message: (_channel, { type }) => heard.push(type),
    binary() {},
    ended() {
      heard.push('end');
      over();
    },
  });
  return { channel, far, heard, end };
}

test('a channel on which nothing can be sent ends, once what the twin has said is heard', async (t) => {
  for (const errno of ['ENOBUFS', 'ENOMEM', 'EPERM', 'EMFILE'] as const) {
    const { channel, far, heard, end } = channelOf(t);
    const bytes = encode(said);
    sendMessage(far, bytes, bytes.length, new Int32Array(0));
    faults.set({ call: 'sendmsg', errno, kind: 'channel' });
    channel.send(said);
    channel.whenReady(() => {});
    await end;
    assert.ok(faults.clear() <= 2, errno);
    assert.deepEqual(heard, ['leaving', 'end'], errno);
    assert.equal(channel.send(said), false);
  }
});

test('a channel on which nothing can be received ends', async (t) => {
  for (const errno of ['ECONNRESET', 'ENOMEM', 'ENOTCONN', 'EIO'] as const) {
    const { far, end } = channelOf(t);
    faults.set({ call: 'recvmsg', errno, kind: 'channel' });
    const bytes = encode(said);
    sendMessage(far, bytes, bytes.length, new Int32Array(0));
    await end;
    assert.ok(faults.clear() <= 3, errno);
  }
});

test('what the twin has told is heard though receiving has failed once, and the twin can tell no more', async (t) => {
  const { far, heard, end } = channelOf(t);
  const bytes = encode(said);
  for (let i = 0; i < 3; i++) sendMessage(far, bytes, bytes.length, new Int32Array(0));
  faults.set({ call: 'recvmsg', errno: 'ENOMEM', kind: 'channel', times: 1 });
  await end;
  assert.equal(faults.clear(), 1);
  assert.deepEqual(heard, ['leaving', 'leaving', 'leaving', 'end']);
  assert.ok(sendMessage(far, bytes, bytes.length, new Int32Array(0)) < 0);
});

test('a newcomer whose call breaks asks for its sockets again', { timeout: 20_000 }, async (t) => {
  const where = { listen: [address], port: await freePort() };
  const other = FakeTwin.listen(t, where, 'secondary');
  const twin = new Twin({ ...configAt(where), slot: 'primary' }, silentLog);
  const joined = twin.join();
  await other.hears('join');
  other.heard.length = 0;
  other.hangUp();
  await other.hears('join');
  const sockets = openAt([address], where.port);
  t.after(() => closeSockets(sockets));
  other.say('welcome', { yours: [address] }, sockets.flatMap(pair));
  const mine = await joined;
  assert.equal(mine?.length, 1);
  closeSockets(mine!);
  await twin.stop();
});

/** Resolves when it is so. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

test('a call of the twin that cannot be accepted is tried again after a pause, and accepted then', async (t) => {
  const config = { listen: [address], port: await freePort(), slot: 'primary' } as unknown as Config;
  const heard: string[] = [];
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
  const rendezvous = new Rendezvous(config, loopOf(t), log, {
    message: (channel, { type }) => {
      heard.push(type);
      channel.close();
    },
    binary() {},
    ended() {},
  });
  rendezvous.listen();
  t.after(() => rendezvous.stop());
  faults.set({ call: 'accept4', errno: 'EMFILE', kind: 'rendezvous' });
  const far = connectChannel(channelPath(config, 'primary'));
  t.after(() => close(far));
  const bytes = encode(said);
  sendMessage(far, bytes, bytes.length, new Int32Array(0));
  const began = performance.now();
  await until(() => faults.made >= 3);
  assert.ok(performance.now() - began > 150, 'two pauses');
  assert.deepEqual([heard, warnings], [[], ['a call of the twin cannot be accepted now']]);
  faults.clear();
  await until(() => heard.length > 0);
  assert.deepEqual(heard, ['leaving']);
});

test('a channel that cannot be watched, or whose other end cannot be told, leaves no descriptor behind', async (t) => {
  const where = { listen: [address], port: await freePort() };
  secureDirectory(channelDirectory(where));
  const other = listenAt(channelPath(where, 'secondary'));
  t.after(() => unlisten(other));
  const rendezvous = new Rendezvous(
    { ...where, slot: 'primary' } as unknown as Config,
    loopOf(t),
    silentLog,
    {
      message() {},
      binary() {},
      ended() {},
    },
  );
  t.after(() => rendezvous.stop());
  const next = () => {
    const fd = listenChannel(`twindns/next/${process.pid}`); // the lowest that is free
    close(fd);
    return fd;
  };
  const free = next();
  const failures: readonly Fault[] = [
    { call: 'epoll_ctl', errno: 'ENOSPC', kind: 'channel' },
    { call: 'getsockopt', errno: 'ENOBUFS', kind: 'channel' },
  ];
  for (const fault of failures) {
    faults.set(fault);
    assert.equal(rendezvous.dial('secondary'), undefined);
    assert.ok(faults.clear() > 0);
    assert.equal(next(), free, fault.call);
  }
  faults.set({ call: 'getsockopt', errno: 'ENOBUFS', kind: 'channel', times: 1 });
  rendezvous.dial('secondary')!.close();
  assert.equal(faults.clear(), 1, 'the first call failed, the next did not');
  faults.set({ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'rendezvous' });
  rendezvous.listen();
  assert.equal(faults.clear(), 1);
  assert.equal(next(), free, 'and the name is free');
  rendezvous.listen();
  close(connectChannel(channelPath(where, 'primary')));
});

const unheld: readonly Fault[] = [
  { call: 'mmap', errno: 'ENOMEM', kind: 'memory', times: 1 },
  { call: 'getsockopt', errno: 'ENOBUFS', kind: 'udp', times: 1 },
];

test('a twin whose memory could not be mapped, or whose sockets could not be looked at, is met anew', {
  timeout: 9000,
}, async (t) => {
  for (const fault of unheld) await meetAnew(t, fault);
});

async function meetAnew(t: TestContext, fault: Fault): Promise<void> {
  const where = { listen: [address], port: await freePort() };
  const other = FakeTwin.listen(t, where, 'secondary');
  const twin = new Twin({ ...configAt(where), slot: 'primary' }, silentLog);
  const joined = twin.join();
  await other.hears('join');
  const [sockets, stateFd] = [openAt([address], where.port), openOwnState()];
  t.after(() => {
    closeSockets(sockets);
    close(stateFd);
  });
  faults.set(fault);
  other.say('welcome', { own: [address] }, [...sockets.flatMap(pair), arena.fd, stateFd]);
  await joined;
  await other.hears('end');
  assert.equal(faults.clear(), 1);
  other.heard.length = 0;
  await other.hears('join');
  other.serves(where.port, 'welcome');
  await until(() => twin.status().enabled && [...(twin.peers() as Iterable<unknown>)].length > 0);
  await twin.stop();
}
