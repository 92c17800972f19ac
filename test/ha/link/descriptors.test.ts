// descriptors.test — descriptors that are not what a message says are closed, all of them, and the process goes on alone.

import assert from 'node:assert/strict';
import { openSync, readdirSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { Arena, bindUdp, close, leaveGroup, listenTcp } from 'node-reuseport';
import { closeShown, received } from '../../../ha/link/descriptors.ts';
import { messageTypes, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { Twin } from '../../../ha/twin.ts';
import type { Config } from '../../../src/config.ts';
import { closeSockets, openSockets } from '../../../src/handover/sockets.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { memoryOf } from '../../lab/holdings.ts';
import { silentLog } from '../../lab/resolver.ts';

type Where = { readonly listen: readonly string[]; readonly port: number };

const address = '127.0.0.1';
const descriptors = () => readdirSync('/proc/self/fd').length;
const file = () => openSync('/dev/null', 'r');
const arena = new Arena({ ring: 8, parked: 4 });

/** What a twin sends beside a welcome: its own sockets, arena and life, and ours. */
function sent(port: number): number[] {
  const [own, yours] = [openSockets([address], port), openSockets([address], port)].map((one) => one[0]!);
  return [own!.udp, own!.tcp, memoryOf(arena), openOwnState(), yours!.udp, yours!.tcp];
}

/** How many descriptors of this process each of these is one of. */
function copies(fds: readonly number[]): number[] {
  const all = readdirSync('/proc/self/fd').map((fd) => linkOf(fd));
  return fds.map((fd) => all.filter((link) => link === linkOf(fd)).length);
}

/** The folder's own descriptor is gone by the time it is looked at. */
function linkOf(fd: number | string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

/** Each spoils one descriptor of a welcome. */
const foreign: readonly ((fds: number[]) => void)[] = [
  ...[0, 1, 4, 5].map((at) => (fds: number[]) => replace(fds, at, file())),
  (fds) => replace(fds, 0, listenTcp({ address, port: 0 })),
  (fds) => replace(fds, 5, bindUdp({ address, port: 0 })),
  (fds) => replace(fds, 4, bindUdp({ address, port: 0 })), // of another port than its listener
  (fds) => leaveGroup(fds[4]!), // nothing would come to it any more
  (fds) => close(fds.pop()!),
  (fds) => fds.push(file()),
];

function replace(fds: number[], at: number, fd: number): void {
  close(fds[at]!);
  fds[at] = fd;
}

test('one descriptor that is not what it should be has all of its message closed', async () => {
  const port = await freePort();
  const welcome = { type: 'welcome', protocol: PROTOCOL_VERSION, own: [address], yours: [address] } as const;
  const before = descriptors();
  for (const [i, spoil] of foreign.entries()) {
    const fds = sent(port);
    spoil(fds);
    const warned: string[] = [];
    const log = { warn: (text: string) => warned.push(text) };
    assert.deepEqual(received(welcome, fds, log), {}, `case ${i}`);
    assert.deepEqual([descriptors(), warned.length], [before, 1], `case ${i}`);
  }
  const fds = sent(port);
  const { shown, mine } = received(welcome, fds, silentLog);
  assert.deepEqual(
    [shown?.arenaFd, shown?.stateFd, shown?.sockets.length, mine?.length],
    [fds[2], fds[3], 1, 1],
  );
  for (const fd of fds) close(fd);
});

test('only messages that show sockets may carry any', async () => {
  const before = descriptors();
  const all = { protocol: PROTOCOL_VERSION, own: [address], yours: [address] };
  for (const type of messageTypes) {
    const found = received({ type, ...all }, sent(await freePort()), { warn() {} });
    if (found.shown !== undefined) closeShown(found.shown);
    closeSockets(found.mine ?? []);
    assert.deepEqual([found.shown !== undefined, descriptors()], [type === 'welcome', before], type);
  }
});

/** A twin joins, is welcomed with these descriptors, and stops; which of them it has kept. */
async function kept(t: TestContext, where: Where, fds: readonly number[]): Promise<boolean[]> {
  const other = FakeTwin.listen(t, where, 'secondary');
  const twin = new Twin({ ...where, slot: 'primary' } as unknown as Config, silentLog);
  const before = copies(fds);
  const joined = twin.join();
  await other.hears('join');
  other.say('welcome', { own: [address], yours: [address] }, fds);
  const mine = await joined;
  const found = copies(fds).map((count, i) => count > before[i]!);
  assert.equal(mine !== undefined, found[4]! && found[5]!);
  twin.stop();
  closeSockets(mine ?? []);
  await other.hears('end');
  for (const fd of fds) close(fd);
  return found;
}

const where = async (): Promise<Where> => ({ listen: [address], port: await freePort() });

test('a newcomer that is sent foreign descriptors starts without a twin and keeps none of them', async (t) => {
  const at = await where();
  const fds = sent(at.port);
  replace(fds, 1, bindUdp({ address, port: 0 }));
  assert.deepEqual(await kept(t, at, fds), [false, false, false, false, false, false]);
});

test('a newcomer whose twin has no memory to show takes its own sockets all the same, and nothing else', async (t) => {
  const at = await where();
  const fds = sent(at.port);
  replace(fds, 2, bindUdp({ address, port: 0 }));
  assert.deepEqual(await kept(t, at, fds), [false, false, false, false, true, true]);
});

test('sockets and memory that are what they should be are taken', async (t) => {
  const at = await where();
  assert.deepEqual(await kept(t, at, sent(at.port)), [true, true, true, true, true, true]);
});
