// watches-under-faults — an instance that may watch nothing more; runs where calls can be made to fail.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { bindUdp, close, READABLE } from 'node-reuseport';
import { FailingCalls } from '../../chaos/host/failing-calls.ts';
import { closeSockets } from '../../src/handover/sockets.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { askUdp } from '../lab/client.ts';
import { openAt } from '../lab/endpoints.ts';
import { freePort } from '../lab/free-port.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

const address = '127.0.0.1';
const faults = FailingCalls.own();
const descriptors = () => readdirSync('/proc/self/fd').length;

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); await pause(5)) {
    assert.ok(performance.now() < end, `${holds} is not true after 5 s`);
  }
}

test('a connection for which there is no watch is served when there is one', async (t) => {
  for (const errno of ['ENOSPC', 'ENOMEM'] as const) {
    const lab = await startLab(t);
    faults.set({ call: 'epoll_ctl', errno, kind: 'tcp', port: -lab.endpoint.port });
    const asked = lab.ask('waits.example', 'tcp');
    await until(() => faults.made > 0);
    faults.clear();
    await asked;
    await until(() => lab.table.count === 0);
  }
});

test('a connection for which there is no watch for two seconds is closed', async (t) => {
  const lab = await startLab(t);
  const before = descriptors();
  faults.set({ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'tcp', port: -lab.endpoint.port });
  await assert.rejects(lab.ask('waits.example', 'tcp', 5000), /closed|reset|end/i);
  faults.clear();
  assert.equal(lab.table.count, 0);
  await until(() => descriptors() <= before);
});

test('the sockets of a twin are read though there are no watches and no descriptors', async (t) => {
  const { handover } = await startLab(t);
  const sockets = openAt([address], await freePort());
  t.after(() => closeSockets(sockets));
  faults.set({ call: 'fcntl', errno: 'EMFILE', kind: 'udp' });
  const reading = handover.read(sockets);
  assert.ok(faults.clear() > 0);
  await askUdp({ address, port: sockets[0]!.port }, buildQuery({ name: 'read.example' }));
  reading.stop();
});

test('a busy descriptor that cannot be watched is no end of the process, and leaves nothing behind', async () => {
  const loop = new EventLoop((error) => assert.fail(String(error)));
  const udp = bindUdp({ address, port: 0 });
  const before = descriptors();
  // The kernel let libuv look whether it could be watched; it could not any more when that came to it.
  faults.set({ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'udp', after: 1 });
  assert.throws(() => loop.watchBusy(udp, { ready() {} }), { code: 'ENOSPC' });
  await pause(20);
  // The last one that there was: libuv takes it as its own when the loop comes round.
  faults.set({ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'udp', after: 2 });
  const id = loop.watchBusy(udp, { ready() {} });
  await pause(20);
  loop.unwatch(udp, id);
  assert.equal(faults.clear(), 0);
  assert.ok(descriptors() <= before);
  loop.unwatch(udp, loop.watchBusy(udp, { ready() {} }));
  close(udp);
  loop.close();
});

test('what is vital is watched by the reserve, which is taken back later', async () => {
  const loop = new EventLoop((error) => assert.fail(String(error)), 2);
  const before = descriptors();
  const sockets = [0, 1, 2].map(() => bindUdp({ address, port: 0 }));
  const vital = (fd: number) => {
    faults.set({ call: 'epoll_ctl', errno: 'ENOSPC', kind: 'udp', times: 1 });
    const id = loop.watch(fd, READABLE, { ready() {} }, 'vital');
    assert.equal(faults.clear(), 1);
    return id;
  };
  const ids = sockets.slice(0, 2).map(vital);
  assert.equal(descriptors(), before + 3 - 2);
  assert.throws(() => vital(sockets[2]!), { code: 'ENOSPC' });
  faults.clear();
  loop.retry();
  assert.equal(descriptors(), before + 3);
  for (const [i, id] of ids.entries()) loop.unwatch(sockets[i]!, id);
  for (const fd of sockets) close(fd);
  loop.close();
});
