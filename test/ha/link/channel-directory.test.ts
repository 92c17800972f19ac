// channel-directory.test — twins meet where no other user can: what stands in the way there is said, keeps no instance from
// serving, and is over when it is gone.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ADDRESS_BYTES, accept, close, connectChannel, EAGAIN, listenChannel } from 'node-reuseport';
import { channelPath, formerPath, removeForsaken } from '../../../ha/link/channel-directory.ts';
import { Rendezvous } from '../../../ha/link/rendezvous.ts';
import { UNMET } from '../../../ha/timing.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { isThere, listenAt, unlisten } from '../../../src/options/listening-socket.ts';
import { secureDirectory } from '../../../src/options/pair-directory.ts';
import { freePort } from '../../lab/free-port.ts';
import { labConfig, silentLog } from '../../lab/resolver.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'twindns-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const modeOf = (path: string) => lstatSync(path).mode & 0o777;
const isRoot = process.geteuid!() === 0;

test('a directory is made for us alone, or made ours alone', (t) => {
  const made = join(folder(t), 'made');
  secureDirectory(made);
  assert.equal(modeOf(made), 0o700);
  const readable = join(folder(t), 'readable');
  mkdirSync(readable);
  chmodSync(readable, 0o755);
  secureDirectory(readable);
  assert.equal(modeOf(readable), 0o700);
});

test('one that is not ours alone, or is none, is refused with its reason', (t) => {
  const inside = folder(t);
  const at = (name: string) => join(inside, name);
  mkdirSync(at('open'));
  chmodSync(at('open'), 0o777);
  writeFileSync(at('file'), '');
  mkdirSync(at('theirs'), { mode: 0o700 });
  symlinkSync(at('theirs'), at('link'));
  for (const [name, reason] of [
    ['open', /other users.*777/],
    ['file', /is no directory/],
    ['link', /is no directory/],
    ['missing/below', /cannot be made/],
  ] as const)
    assert.throws(() => secureDirectory(at(name)), reason, name);
  assert.equal(modeOf(at('open')), 0o777, 'nothing is done to it');
  if (!isRoot) return t.diagnostic('needs root to make a directory of another user');
  chownSync(at('theirs'), 65534, 65534);
  assert.throws(() => secureDirectory(at('theirs')), /belongs to user 65534/);
});

test('a living process is left its path, a dead one is followed, and of two that come at once the last is there', (t) => {
  const path = join(folder(t), 'primary');
  const first = listenAt(path);
  assert.throws(() => listenAt(path), /another process listens/);
  close(first.fd); // as a process that is killed does
  const next = listenAt(path);
  assert.deepEqual([isThere(first), isThere(next)], [false, true]);
  rmSync(path);
  const last = listenAt(path);
  assert.equal(isThere(next), false);
  unlisten(next);
  assert.equal(isThere(last), true, 'only its own goes with it');
  close(connectChannel(path));
  unlisten(last);
  assert.throws(() => connectChannel(path), { code: 'ENOENT' });
});

test('what is no socket is followed, too, and a folder in the way leaves nothing behind', (t) => {
  const inside = folder(t);
  const path = join(inside, 'primary');
  writeFileSync(path, '');
  unlisten(listenAt(path));
  mkdirSync(path);
  assert.throws(() => listenAt(path), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(inside), ['primary']);
});

test('sockets of networks that are gone are removed when they are old; none of ours, none that is listened at', (t) => {
  const inside = folder(t);
  const ours = channelPath({ ...labConfig, channelDirectory: inside, port: 53 }, 'primary');
  const names = ['1-a-53-primary', '1-b-53-primary', '1-c-53-primary'];
  const sockets = [ours, ...names.map((name) => join(inside, name))].map(listenAt);
  const [own, served, fresh, forsaken] = sockets;
  for (const { fd } of [own!, fresh!, forsaken!]) close(fd);
  for (const { path } of [own!, served!, forsaken!]) utimesSync(path, 0, 0);
  removeForsaken(inside);
  assert.deepEqual(sockets.map(isThere), [true, true, true, false]);
  close(served!.fd);
});

test('pairs with other ports or networks share a directory and do not meet; those with other addresses do', () => {
  const where = { ...labConfig, channelDirectory: '/d', port: 53 };
  const path = channelPath(where, 'primary');
  assert.match(path, /^\/d\/\d+-53-primary$/);
  const others = [
    channelPath(where, 'secondary'),
    channelPath({ ...where, port: 54 }, 'primary'),
    formerPath(where, 'primary'),
    formerPath({ ...where, listen: ['127.0.0.2'] }, 'primary'),
  ];
  assert.equal(new Set([path, ...others]).size, 5);
  assert.equal(channelPath({ ...where, listen: ['127.0.0.2'] }, 'primary'), path);
});

async function meeting(t: TestContext) {
  const channelDirectory = join(folder(t), 'channel');
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => void errors.push(text) };
  const config = { ...labConfig, channelDirectory, port: await freePort() };
  const listener = { message() {}, binary() {}, ended() {} };
  let now = 0;
  const rendezvous = new Rendezvous(config, loop, log, listener, () => now);
  const at = (ms: number) => {
    now = ms;
  };
  t.after(() => {
    rendezvous.stop();
    loop.close();
  });
  return { channelDirectory, config, rendezvous, errors, at };
}

test('what stands in the way is told once, tried again, and told to be over', async (t) => {
  const { channelDirectory, config, rendezvous, errors } = await meeting(t);
  mkdirSync(channelDirectory);
  chmodSync(channelDirectory, 0o777);
  for (let i = 0; i < 3; i++) rendezvous.listen();
  assert.match(rendezvous.problem!, /other users/);
  assert.equal(rendezvous.dial('secondary'), undefined);
  assert.equal(errors.length, 1);
  chmodSync(channelDirectory, 0o700);
  rendezvous.listen();
  assert.equal(rendezvous.problem, undefined);
  const path = channelPath(config, 'primary');
  close(connectChannel(path));
  // Removed by hand: it is made anew.
  rmSync(path);
  rendezvous.listen();
  close(connectChannel(path));
  rendezvous.stop();
  rmdirSync(channelDirectory);
});

test('a process that takes the abstract names of before is neither in the way nor called', async (t) => {
  const { config, rendezvous } = await meeting(t);
  const { digestOf } = await import('../../../src/options/pair-directory.ts');
  const squatters = (['primary', 'secondary'] as const).map((slot) =>
    listenChannel(`twindns/channel/${digestOf(config.listen)}/${config.port}/${slot}`),
  );
  t.after(() => squatters.forEach(close));
  rendezvous.listen();
  assert.equal(rendezvous.problem, undefined);
  assert.equal(rendezvous.dial('secondary'), undefined);
  for (const fd of squatters) assert.equal(accept(fd, new Uint8Array(ADDRESS_BYTES)), -EAGAIN);
});

test('a twin that runs and is in another directory is told of, once that has lasted', async (t) => {
  const { config, rendezvous, at } = await meeting(t);
  const { claimSlot } = await import('../../../src/options/slot.ts');
  const claim = claimSlot({ listen: config.listen, port: config.port }, 'secondary');
  rendezvous.dial('secondary');
  at(UNMET - 1);
  rendezvous.dial('secondary');
  assert.equal(rendezvous.unmet, undefined);
  at(UNMET);
  assert.match(rendezvous.unmet!, /is not in our directory.*--channel-directory/s);
  claim.release();
  rendezvous.dial('secondary');
  assert.equal(rendezvous.unmet, undefined);
});

test('so is one whose socket is there and cannot be called', async (t) => {
  const { config, rendezvous, at } = await meeting(t);
  rendezvous.listen();
  const path = channelPath(config, 'secondary');
  symlinkSync(path, path); // a loop: another error than that nothing is there, as a refusal by the system is
  rendezvous.dial('secondary');
  at(UNMET);
  assert.match(rendezvous.unmet!, /calling it fails \(.*ELOOP/);
  rmSync(path);
  rendezvous.dial('secondary');
  assert.equal(rendezvous.unmet, undefined);
});

test('a process of a version before finds the socket by the name it knows, and is found by that', async (t) => {
  const { config, rendezvous } = await meeting(t);
  rendezvous.listen();
  close(connectChannel(formerPath(config, 'primary')));
  const former = listenAt(formerPath(config, 'secondary'));
  const channel = rendezvous.dial('secondary');
  assert.ok(channel !== undefined);
  channel.close();
  rendezvous.stop();
  assert.throws(() => connectChannel(formerPath(config, 'primary')), { code: 'ENOENT' });
  unlisten(former);
});
