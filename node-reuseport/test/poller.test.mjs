// poller.test — readiness of many descriptors in one call, and what callbacks may do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bindUdp,
  connectTcp,
  connectUdp,
  describe,
  HANGUP,
  listenTcp,
  ONESHOT,
  Poller,
  READ_HANGUP,
  READABLE,
  WRITABLE,
  write,
} from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { acceptNext, closeNow, keep, ready } from './lab/descriptors.mjs';

const address = '127.0.0.1';

/** A socket with a datagram waiting in it. */
function readable() {
  const fd = keep(bindUdp({ address, port: 0 }));
  write(keep(connectUdp({ address, port: describe(fd).port })), Buffer.from('x'), 0, 1);
  return fd;
}

/** The pairs [tag, flags] of the next call, after `prepare`. */
function nextEvents(prepare) {
  return new Promise((resolve) => {
    const poller = new Poller((count) => {
      poller.close();
      resolve(Array.from({ length: count }, (_, i) => [...poller.events.subarray(2 * i, 2 * i + 2)]));
    });
    prepare(poller);
  });
}

test('many ready descriptors are told in one call, by tag', async () => {
  const tags = Array.from({ length: 200 }, (_, i) => (i - 100) * 21_474_836);
  const events = await nextEvents((poller) => {
    for (const tag of tags) poller.add(readable(), READABLE, tag);
  });
  assert.deepEqual(
    events.map(([tag]) => tag).sort((a, b) => a - b),
    tags,
  );
  assert.deepEqual([...new Set(events.map(([, flags]) => flags))], [READABLE]);
});

test('more ready descriptors than fit in one call are told in several', async () => {
  const seen = new Set();
  await new Promise((resolve) => {
    const poller = new Poller((count) => {
      for (let i = 0; i < count; i++) {
        seen.add(poller.events[2 * i]);
        poller.remove(poller.events[2 * i]);
      }
      if (seen.size === 300) resolve(poller.close());
    });
    for (let i = 0; i < 300; i++) {
      const fd = readable();
      poller.add(fd, READABLE, fd);
    }
  });
});

test('a socket is told to be writable, and its peer to be gone', async () => {
  const listener = keep(listenTcp({ address, port: 0 }));
  const client = keep(connectTcp({ address, port: describe(listener).port }));
  assert.equal(await ready(client, WRITABLE), WRITABLE);
  const server = await acceptNext(listener);
  closeNow(client);
  const flags = await ready(server, READABLE | READ_HANGUP);
  assert.equal(flags & ~HANGUP, READABLE | READ_HANGUP);
});

test('what is watched once is told once, and again when it is modified, also of what is there by then', async () => {
  let told = 0;
  const poller = new Poller(() => told++);
  const fd = readable();
  const turns = async () => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  poller.add(fd, READABLE | ONESHOT, 1);
  await turns();
  assert.equal(told, 1);
  poller.modify(fd, READABLE | ONESHOT, 1);
  await turns();
  assert.equal(told, 2);
  poller.close();
});

test('what is watched can be changed and removed', async () => {
  const [first, second, third] = [readable(), readable(), readable()];
  const events = await nextEvents((poller) => {
    poller.add(first, READABLE, 1);
    poller.add(second, 0, 2);
    poller.add(third, READABLE, 3);
    poller.modify(first, WRITABLE, 11);
    poller.modify(second, READABLE | WRITABLE, 22);
    poller.remove(third);
  });
  assert.deepEqual(
    events.sort((a, b) => a[0] - b[0]),
    [
      [11, WRITABLE],
      [22, READABLE | WRITABLE],
    ],
  );
});

test('watching twice, changing or removing what is not watched, and what cannot be watched are errors', () => {
  const poller = new Poller(() => {});
  const fd = keep(bindUdp({ address, port: 0 }));
  poller.add(fd, 0, 0);
  assert.throws(() => poller.add(fd, 0, 0), { code: 'EEXIST', syscall: 'epoll_ctl' });
  poller.remove(fd);
  assert.throws(() => poller.remove(fd), { code: 'ENOENT' });
  assert.throws(() => poller.modify(fd, 0, 0), { code: 'ENOENT' });
  assert.throws(() => poller.add(1 << 30, 0, 0), { code: 'EBADF' });
  poller.close();
});

test('a closed poller refuses all but being closed again', () => {
  const poller = new Poller(() => {});
  poller.close();
  poller.close();
  for (const call of [
    () => poller.add(1 << 30, 0, 0),
    () => poller.addBusy(1 << 30, 0),
    () => poller.modify(1 << 30, 0, 0),
    () => poller.remove(1 << 30),
  ]) {
    assert.throws(call, { name: 'TypeError', message: /open Poller/ });
  }
});

test('closing within the callback ends the callbacks, and the object can be made again at once', async () => {
  let calls = 0;
  const fd = readable();
  await new Promise((resolve) => {
    const first = new Poller(() => {
      calls++;
      first.close();
      const second = new Poller(() => {
        second.close();
        resolve();
      });
      second.add(fd, READABLE, 0);
    });
    first.add(fd, READABLE, 0);
  });
  assert.equal(calls, 1);
});

test('what callbacks leave to process.nextTick and promises runs before the next turn of the loop', async () => {
  const order = [];
  const fd = readable();
  await new Promise((resolve) => {
    const poller = new Poller(() => {
      poller.close();
      order.push('callback');
      setImmediate(() => resolve(order.push('immediate')));
      Promise.resolve().then(() => order.push('promise'));
      process.nextTick(() => order.push('tick'));
    });
    poller.add(fd, READABLE, 0);
  });
  assert.deepEqual(order, ['callback', 'tick', 'promise', 'immediate']);
});

test('timers get their turn while descriptors are always ready', async () => {
  const fd = readable();
  await new Promise((resolve) => {
    const poller = new Poller(() => {});
    poller.add(fd, READABLE, 0);
    setTimeout(() => resolve(poller.close()), 5);
  });
});

test('its array of events taken away, a poller reports none and does no harm', async () => {
  const fd = readable();
  const count = await new Promise((resolve) => {
    const poller = new Poller((ready) => {
      poller.close();
      resolve(ready);
    });
    structuredClone(poller.events.buffer, { transfer: [poller.events.buffer] });
    poller.add(fd, READABLE, 0);
  });
  assert.equal(count, 0);
});

const watching = `
  const fd = reuseport.bindUdp({ address: '127.0.0.1', port: 0 });
  const client = reuseport.connectUdp({ address: '127.0.0.1', port: reuseport.describe(fd).port });
  reuseport.write(client, Buffer.from('x'), 0, 1);`;

test('an exception of a callback reaches uncaughtException, and the loop goes on', async () => {
  const { status, stdout, stderr } = await runChild(`${watching}
    let calls = 0;
    process.on('uncaughtException', ({ message }) => console.log(message));
    const poller = new reuseport.Poller(() => {
      calls++;
      if (calls === 3) poller.close();
      throw new Error('call ' + calls);
    });
    poller.add(fd, reuseport.READABLE, 0);`);
  assert.deepEqual([status, stdout], [0, 'call 1\ncall 2\ncall 3\n'], stderr);
});

test('an exception that is not caught ends the process with its stack', async () => {
  const { status, stderr } = await runChild(`${watching}
    const poller = new reuseport.Poller(function onReady() { throw new Error('not caught'); });
    poller.add(fd, reuseport.READABLE, 0);`);
  assert.equal(status, 1);
  assert.match(stderr, /Error: not caught\n\s+at (Poller\.)?onReady/);
});

test('a process ends when its poller is closed, and when it asks to within a callback', async () => {
  const closed = await runChild(`${watching}
    const poller = new reuseport.Poller(() => { poller.close(); process.exitCode = 7; });
    poller.add(fd, reuseport.READABLE, 0);`);
  assert.equal(closed.status, 7, closed.stderr);
  const exits = await runChild(`${watching}
    const poller = new reuseport.Poller(() => process.exit(8));
    poller.add(fd, reuseport.READABLE, 0);`);
  assert.equal(exits.status, 8, exits.stderr);
});
