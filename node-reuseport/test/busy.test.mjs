// busy.test — descriptors in the set of the event loop itself: told, removed and closed as the others are.

import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import {
  Arena,
  bindUdp,
  close,
  connectUdp,
  describe,
  ERROR,
  Poller,
  READABLE,
  REGION_OUTBOX,
  read,
  write,
} from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { closeNow, keep } from './lab/descriptors.mjs';

const address = '127.0.0.1';
const bytes = Buffer.alloc(8);

/** A socket with a datagram waiting in it. */
function readable() {
  const fd = keep(bindUdp({ address, port: 0 }));
  write(keep(connectUdp({ address, port: describe(fd).port })), bytes, 0, 1);
  return fd;
}

/** Resolves with what `step` returns first; it gets the poller and one [tag, flags] after the other. */
function follow(prepare, step) {
  return new Promise((resolve) => {
    const poller = new Poller((count) => {
      for (let i = 0; i < count; i++) {
        const result = step(poller, poller.events[2 * i], poller.events[2 * i + 1]);
        if (result === undefined) continue;
        poller.close();
        return resolve(result);
      }
    });
    prepare(poller);
  });
}

const turns = async (count) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('both kinds are told by their tags until they are read', async () => {
  const [busy, other] = [readable(), readable()];
  const seen = new Map();
  const flags = await follow(
    (poller) => {
      poller.addBusy(busy, -1);
      poller.add(other, READABLE, 2 ** 31 - 1);
    },
    (_, tag, flags) => {
      seen.set(tag, (seen.get(tag) ?? 0) + 1);
      if (seen.get(-1) > 2 && seen.get(2 ** 31 - 1) > 2) return flags;
    },
  );
  assert.equal(flags, READABLE);
  assert.equal(seen.size, 2);
});

test('a descriptor that is removed is told no more, and can be added again within the callback', async () => {
  const [first, second] = [readable(), readable()];
  const order = [];
  await follow(
    (poller) => poller.addBusy(first, 1),
    (poller, tag) => {
      order.push(tag);
      if (order.length === 1) {
        poller.remove(first);
        poller.addBusy(first, 2);
      } else if (order.length === 2) {
        poller.remove(first);
        poller.add(first, READABLE, 3);
      } else if (order.length === 3) {
        poller.remove(first);
        poller.addBusy(second, 4);
      } else return true;
    },
  );
  assert.deepEqual(order, [1, 2, 3, 4]);
});

test('a descriptor that another callback of the same turn removed is not told', async () => {
  const fds = [readable(), readable(), readable()];
  const order = [];
  const poller = new Poller(() => {
    order.push(poller.events[0]);
    for (const fd of fds) poller.remove(fd);
  });
  for (const [index, fd] of fds.entries()) poller.addBusy(fd, index);
  await turns(5);
  assert.equal(order.length, 1);
  poller.close();
});

test('closing the poller within the callback ends the calls', async () => {
  const fds = [readable(), readable()];
  let calls = 0;
  const poller = new Poller(() => {
    calls++;
    poller.close();
  });
  for (const fd of fds) poller.addBusy(fd, fd);
  poller.add(readable(), READABLE, 0);
  await turns(5);
  assert.equal(calls, 1);
});

test('watching twice, changing it, and what cannot be watched are errors', () => {
  const poller = new Poller(() => {});
  const fd = keep(bindUdp({ address, port: 0 }));
  const file = openSync(new URL(import.meta.url));
  try {
    poller.addBusy(fd, 0);
    assert.throws(() => poller.addBusy(fd, 0), { code: 'EEXIST' });
    assert.throws(() => poller.modify(fd, 0, 0), { code: 'ENOENT' });
    poller.remove(fd);
    assert.throws(() => poller.remove(fd), { code: 'ENOENT' });
    assert.throws(() => poller.addBusy(1 << 30, 0), { code: 'EBADF' });
    assert.throws(() => poller.addBusy(-1, 0), { code: 'EBADF' });
    assert.throws(() => poller.addBusy(file, 0), { code: 'EPERM' });
  } finally {
    closeSync(file);
    poller.close();
  }
});

test('an error on the socket is told with it, and what comes later, too', async () => {
  const gone = bindUdp({ address, port: 0, reusePort: false });
  const { port } = describe(gone);
  const client = keep(connectUdp({ address, port }));
  close(gone);
  write(client, bytes, 0, 1);
  let server;
  const seen = [];
  const last = await follow(
    (poller) => poller.addBusy(client, 7),
    (_, tag, flags) => {
      const length = read(client, bytes, 0, 8);
      seen.push([tag, flags, length]);
      if (server !== undefined) return length;
      server = keep(bindUdp({ address, port, reusePort: false }));
      write(client, bytes, 0, 5);
      const arena = new Arena({});
      assert.equal(arena.receive(server), 1);
      arena.replies.set([0, REGION_OUTBOX, 0, 6]);
      assert.equal(arena.send(server, 1), 1);
    },
  );
  assert.deepEqual(seen, [
    [7, READABLE | ERROR, -111],
    [7, READABLE, 6],
  ]);
  assert.equal(last, 6);
});

test('a socket that is removed and closed leaves its port at once', () => {
  const poller = new Poller(() => {});
  for (const end of [(fd) => poller.remove(fd), () => poller.close()]) {
    const fd = bindUdp({ address, port: 0, reusePort: false });
    const { port } = describe(fd);
    poller.addBusy(fd, 0);
    end(fd);
    close(fd);
    closeNow(keep(bindUdp({ address, port, reusePort: false })));
  }
});

test('a process ends when its poller is closed', async () => {
  const { status, stderr } = await runChild(`
    const fd = reuseport.bindUdp({ address: '127.0.0.1', port: 0 });
    reuseport.write(reuseport.connectUdp({ address: '127.0.0.1', port: reuseport.describe(fd).port }), Buffer.from('x'), 0, 1);
    const poller = new reuseport.Poller(() => { poller.close(); process.exitCode = 7; });
    poller.addBusy(fd, 0);`);
  assert.equal(status, 7, stderr);
});

test('a socket closed while it is watched ends no process', async () => {
  const { status, stderr } = await runChild(`
    const poller = new reuseport.Poller(() => {});
    const fd = reuseport.bindUdp({ address: '127.0.0.1', port: 0 });
    poller.addBusy(fd, 0);
    reuseport.close(fd);
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
    poller.remove(fd);
    poller.close();`);
  assert.equal(status, 0, stderr);
});
