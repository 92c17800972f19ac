// descriptors.test — descriptors that are not what a message says are closed, all of them, and the process goes on alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fstatSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Arena, bindUdp, close, describe, leaveGroup, listenTcp } from 'node-reuseport';
import { closeShown, limitedTo, received } from '../../../ha/link/descriptors.ts';
import { messageTypes, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { Twin } from '../../../ha/twin.ts';
import { closeSockets, type ListenSockets, openSockets } from '../../../src/handover/sockets.ts';
import { endpointsAt, openAt } from '../../lab/endpoints.ts';
import { FakeTwin } from '../../lab/fake-twin.ts';
import { freePort } from '../../lab/free-port.ts';
import { memoryOf } from '../../lab/holdings.ts';
import { configAt, silentLog } from '../../lab/resolver.ts';

type Where = { readonly listen: readonly string[]; readonly port: number };

const address = '127.0.0.1';
const where = async (): Promise<Where> => ({ listen: [address], port: await freePort() });
const descriptors = () => readdirSync('/proc/self/fd').length;
const file = () => openSync('/dev/null', 'r');
const arena = new Arena({ ring: 8, parked: 4 });

/** What a twin sends beside a welcome: its own sockets, arena and life, and ours. */
function sent(port: number): number[] {
  const [own, yours] = [openAt([address], port), openAt([address], port)].map((one) => one[0]!);
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

type Spoil = (fds: number[]) => void;

/** Each spoils a descriptor of a welcome: of its sender's, or of ours. */
const foreign: readonly (readonly [where: 'its' | 'ours', Spoil])[] = [
  ...[0, 1].map((at) => ['its', (fds: number[]) => replace(fds, at, file())] as const),
  ...[4, 5].map((at) => ['ours', (fds: number[]) => replace(fds, at, file())] as const),
  ['its', (fds) => replace(fds, 0, listenTcp({ address, port: 0 }))],
  ['ours', (fds) => replace(fds, 5, bindUdp({ address, port: 0 }))],
  ['ours', (fds) => replace(fds, 4, bindUdp({ address, port: 0 }))], // of another port than its listener
  ['ours', (fds) => leaveGroup(fds[4]!)], // nothing would come to it any more
  // Sockets that no flag of ours names: of another port, of another address, which the kernel hands us just the same.
  ['its', (fds) => replacePair(fds, 0, openAt([address], 0)[0]!)],
  ['ours', (fds) => replacePair(fds, 4, openAt([address], 0)[0]!)],
  ['ours', (fds) => replacePair(fds, 4, openAt(['127.0.0.2'], describe(fds[0]!).port)[0]!)],
];

function replace(fds: number[], at: number, fd: number): void {
  close(fds[at]!);
  fds[at] = fd;
}

function replacePair(fds: number[], at: number, { udp, tcp }: ListenSockets): void {
  replace(fds, at, udp);
  replace(fds, at + 1, tcp);
}

test('a descriptor that is not what it should be has all that it belongs to closed, and nothing else', async () => {
  const at = await where();
  const welcome = { type: 'welcome', protocol: PROTOCOL_VERSION, own: [address], yours: [address] } as const;
  const before = descriptors();
  for (const [i, [whose, spoil]] of foreign.entries()) {
    const fds = sent(at.port);
    spoil(fds);
    const errors: string[] = [];
    const log = { error: (text: string) => void errors.push(text) };
    const { shown, mine } = received(welcome, fds, at, log);
    assert.deepEqual(
      [shown === undefined, mine === undefined],
      [whose === 'its', whose === 'ours'],
      `case ${i}`,
    );
    if (shown !== undefined) closeShown(shown);
    closeSockets(mine ?? []);
    assert.deepEqual([descriptors(), errors.length], [before, 1], `case ${i}`);
  }
  for (const spoil of [(fds: number[]) => close(fds.pop()!), (fds: number[]) => void fds.push(file())]) {
    const fds = sent(at.port);
    spoil(fds);
    assert.deepEqual(received(welcome, fds, at, silentLog), {});
    assert.equal(descriptors(), before);
  }
  const fds = sent(at.port);
  const { shown, mine } = received(welcome, fds, at, silentLog);
  assert.deepEqual(
    [shown?.arenaFd, shown?.stateFd, shown?.sockets.length, mine?.length],
    [fds[2], fds[3], 1, 1],
  );
  for (const fd of fds) close(fd);
});

test('other addresses than are named, or the same twice, are none of ours; others than our flags name are', async () => {
  const { port } = await where();
  const others = ['127.0.0.2', '127.0.0.3'];
  const welcome = { type: 'welcome', protocol: PROTOCOL_VERSION, own: [] } as const;
  const sockets = (addresses: readonly string[]) =>
    openAt(addresses, port).flatMap(({ udp, tcp }) => [udp, tcp]);
  for (const [named, bound] of [
    [[address, '127.0.0.2'], others],
    [[address], [address, address]],
    [
      [address, address],
      [address, address],
    ],
  ] as const) {
    const fds = sockets(bound);
    assert.deepEqual(received({ ...welcome, yours: named }, fds, { port }, silentLog), {}, named.join());
    for (const fd of fds) assert.throws(() => fstatSync(fd), { code: 'EBADF' });
  }
  const { mine } = received({ ...welcome, yours: others }, sockets(others), { port }, silentLog);
  assert.deepEqual(
    mine?.map((one) => one.address),
    others,
  );
  closeSockets(mine ?? []);
});

test('of sockets one of which was given up since they were shown the others are taken', async () => {
  const { port } = await where();
  const endpoints = [...endpointsAt([address], port), ...endpointsAt([address], await freePort())];
  const before = descriptors();
  const [kept, given] = openSockets(endpoints) as [ListenSockets, ListenSockets];
  leaveGroup(given.udp);
  const yours = [address, `${address}:${given.port}`];
  const fds = [kept, given].flatMap(({ udp, tcp }) => [udp, tcp]);
  const said = { type: 'welcome', protocol: PROTOCOL_VERSION, own: [], yours } as const;
  const { mine } = received(said, fds, { port }, silentLog);
  assert.deepEqual([mine, descriptors()], [[kept], before + 2]);
  closeSockets(mine ?? []);
});

test('of what is shown, the sockets of some addresses can be kept alone', async () => {
  const { port } = await where();
  const shown = { sockets: openAt([address, '127.0.0.2'], port), places: [] };
  const before = descriptors();
  const { sockets } = limitedTo(endpointsAt(['127.0.0.2', '127.0.0.3'], port), shown);
  assert.deepEqual([sockets.map((one) => one.address), descriptors()], [['127.0.0.2'], before - 2]);
  closeSockets(sockets);
});

test('a folder that is not of /proc is no process state: it might have a pipe that no process writes to', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  execFileSync('mkfifo', [join(folder, 'stat'), join(folder, 'schedstat')]);
  const at = await where();
  const welcome = { type: 'welcome', protocol: PROTOCOL_VERSION, own: [address], yours: [] } as const;
  const devices = ['/dev/zero', '/dev/full'].map((path) => () => openSync(path, 'r'));
  for (const open of [() => openSync(folder, 'r'), () => openSync('/proc/self/stat', 'r'), ...devices]) {
    const [udp, tcp, arenaFd, stateFd, ...ours] = sent(at.port) as [number, number, number, number];
    for (const fd of [stateFd, ...ours]) close(fd);
    const state = open();
    const { shown } = received(welcome, [udp, tcp, arenaFd, state], at, silentLog);
    assert.deepEqual([shown?.sockets.length, shown?.arenaFd, shown?.stateFd], [1, arenaFd, undefined]);
    assert.throws(() => fstatSync(state), { code: 'EBADF' });
    closeShown(shown!);
  }
});

test('only messages that show sockets may carry any', async () => {
  const before = descriptors();
  const all = { protocol: PROTOCOL_VERSION, own: [address], yours: [address] };
  for (const type of messageTypes) {
    const at = await where();
    const found = received({ type, ...all }, sent(at.port), at, silentLog);
    if (found.shown !== undefined) closeShown(found.shown);
    closeSockets(found.mine ?? []);
    assert.deepEqual([found.shown !== undefined, descriptors()], [type === 'welcome', before], type);
  }
});

/** A twin joins, is welcomed with these descriptors, and stops; which of them it has kept. */
async function kept(t: TestContext, where: Where, fds: readonly number[]): Promise<boolean[]> {
  const other = FakeTwin.listen(t, where, 'secondary');
  const twin = new Twin({ ...configAt(where), slot: 'primary' }, silentLog);
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

test('a newcomer that is sent foreign descriptors keeps none of them, and its own sockets', async (t) => {
  const at = await where();
  const fds = sent(at.port);
  replace(fds, 1, bindUdp({ address, port: 0 }));
  assert.deepEqual(await kept(t, at, fds), [false, false, false, false, true, true]);
});

test('a newcomer that is sent sockets of another port makes its own', async (t) => {
  const at = await where();
  const fds = sent(at.port);
  replacePair(fds, 4, openAt([address], 0)[0]!);
  assert.deepEqual(await kept(t, at, fds), [true, true, true, true, false, false]);
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
