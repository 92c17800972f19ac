// binding.test — addresses, buffers and refusals of new sockets.

import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  adopt,
  bindUdp,
  close,
  connectTcp,
  connectUdp,
  describe,
  listenTcp,
  pendingError,
  WRITABLE,
} from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { closeNow, keep, openFlags, ready } from './lab/descriptors.mjs';

const NET_ADMIN = 12n;
const asked = 64 * 1024 * 1024;
const limit = (name) => Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8'));
const capable = (status, bit) => ((BigInt(`0x${/CapEff:\s+(\w+)/.exec(status)[1]}`) >> bit) & 1n) === 1n;

test('a socket says where it is bound and is non-blocking and closed on exec', () => {
  for (const [address, family] of [
    ['127.0.0.1', 4],
    ['::1', 6],
  ]) {
    for (const [open, type] of [
      [bindUdp, 'udp'],
      [listenTcp, 'tcp'],
    ]) {
      const fd = keep(open({ address, port: 0 }));
      const found = describe(fd);
      assert.deepEqual(
        { ...found, port: 0, receiveBuffer: 0, sendBuffer: 0 },
        {
          type,
          family,
          address,
          port: 0,
          receiveBuffer: 0,
          sendBuffer: 0,
          reusePort: true,
          listening: type === 'tcp',
        },
      );
      assert.ok(found.port > 0);
      assert.equal(openFlags(fd) & 0o2004000, 0o2004000);
    }
  }
});

test('freeBind binds an address that is not there, and only freeBind does', () => {
  for (const address of ['192.0.2.1', '2001:db8::1']) {
    for (const open of [bindUdp, listenTcp]) {
      assert.equal(describe(keep(open({ address, port: 0, freeBind: true }))).address, address);
      assert.throws(() => open({ address, port: 0 }), { code: 'EADDRNOTAVAIL', errno: -99, syscall: 'bind' });
    }
  }
});

test('an IPv6 socket takes IPv4 only when ipv6Only is false', () => {
  const { port } = describe(keep(bindUdp({ address: '::', port: 0, reusePort: false })));
  closeNow(bindUdp({ address: '127.0.0.1', port, reusePort: false }));
  const both = keep(bindUdp({ address: '::', port: 0, reusePort: false, ipv6Only: false }));
  const taken = describe(both).port;
  assert.throws(() => bindUdp({ address: '127.0.0.1', port: taken, reusePort: false }), {
    code: 'EADDRINUSE',
  });
});

test('buffers pass the limit of the system with CAP_NET_ADMIN and stop at it without', async () => {
  const privileged = capable(readFileSync('/proc/self/status', 'utf8'), NET_ADMIN);
  const fd = keep(bindUdp({ address: '127.0.0.1', port: 0, receiveBuffer: asked, sendBuffer: asked }));
  const expected = (name, may) => 2 * (may ? asked : Math.min(asked, limit(name)));
  assert.equal(describe(fd).receiveBuffer, expected('rmem_max', privileged));
  assert.equal(describe(fd).sendBuffer, expected('wmem_max', privileged));
  const under = privileged ? ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin'] : [];
  const { status, stdout, stderr } = await runChild(
    `const fd = reuseport.bindUdp({ address: '127.0.0.1', port: 0, receiveBuffer: ${asked}, sendBuffer: ${asked} });
     const { receiveBuffer, sendBuffer } = reuseport.describe(fd);
     console.log(JSON.stringify([receiveBuffer, sendBuffer]));`,
    { under },
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), [expected('rmem_max', false), expected('wmem_max', false)]);
});

test('what the kernel refuses is an error spelled as Node spells it', () => {
  const udp = keep(bindUdp({ address: '127.0.0.1', port: 0, reusePort: false }));
  const tcp = keep(listenTcp({ address: '127.0.0.1', port: 0, reusePort: false }));
  const inUse = { name: 'Error', code: 'EADDRINUSE', errno: -98 };
  for (const reusePort of [true, false]) {
    const { port } = describe(udp);
    const message = `bind EADDRINUSE: address already in use, 127.0.0.1:${port}`;
    assert.throws(() => bindUdp({ address: '127.0.0.1', port, reusePort }), {
      ...inUse,
      message,
      syscall: 'bind',
    });
    assert.throws(() => listenTcp({ address: '127.0.0.1', port: describe(tcp).port, reusePort }), inUse);
  }
  // A broadcast address needs SO_BROADCAST, even as root.
  assert.throws(() => connectUdp({ address: '255.255.255.255', port: 9 }), {
    code: 'EACCES',
    syscall: 'connect',
  });
  assert.throws(() => describe(1 << 30), { code: 'EBADF', errno: -9, syscall: 'getsockname' });
  assert.throws(() => close(1 << 30), { code: 'EBADF', syscall: 'close' });
  assert.throws(() => close(-1), { code: 'EBADF' });
  const file = openSync('/dev/null');
  try {
    assert.throws(() => describe(file), { code: 'ENOTSOCK', errno: -88 });
    assert.throws(() => adopt(file), { code: 'ENOTSOCK' });
    assert.equal(pendingError(file), -88);
  } finally {
    closeSync(file);
  }
});

test('a refused connection is told by pendingError once', async () => {
  const gone = listenTcp({ address: '127.0.0.1', port: 0 });
  const { port } = describe(gone);
  close(gone);
  const fd = keep(connectTcp({ address: '127.0.0.1', port }));
  await ready(fd, WRITABLE);
  assert.equal(pendingError(fd), -111);
  assert.equal(pendingError(fd), 0);
});

test('addresses that are none are refused by name, also those that only begin like one', () => {
  const wrong = [
    'localhost',
    '',
    '127.0.0.1 ',
    '127.0.0.1\0',
    '1.2.3',
    '::1%',
    '::1%0',
    '::1%1x',
    '::1%nosuchthing',
  ];
  for (const address of [...wrong, `::1%${'9'.repeat(12)}`, 'f'.repeat(200), '::%1'.repeat(40)]) {
    assert.throws(() => bindUdp({ address, port: 0 }), { name: 'TypeError', message: /^address: / }, address);
  }
  assert.equal(describe(keep(bindUdp({ address: '::1%lo', port: 0 }))).address, '::1');
});

test('options of a wrong type are refused by name, and no descriptor is left behind', () => {
  const good = { address: '127.0.0.1', port: 0 };
  const probe = bindUdp(good);
  close(probe);
  for (const [name, value] of [
    ['port', 65536],
    ['port', -1],
    ['port', 1.5],
    ['port', Number.NaN],
    ['port', '53'],
    ['port', undefined],
    ['reusePort', 1],
    ['freeBind', 'yes'],
    ['ipv6Only', null],
    ['receiveBuffer', -1],
    ['sendBuffer', 2 ** 31],
    ['backlog', '5'],
    ['acknowledgedWithin', -1],
  ]) {
    for (const open of [bindUdp, listenTcp, connectUdp, connectTcp]) {
      const message = new RegExp(`^${name}: expected`);
      assert.throws(
        () => open({ ...good, [name]: value }),
        { name: 'TypeError', message },
        `${name} ${value}`,
      );
    }
  }
  const boom = new Error('from a getter');
  for (const name of ['address', 'port', 'reusePort', 'ipv6Only', 'sendBuffer', 'backlog']) {
    const options = Object.defineProperty({ ...good }, name, {
      get() {
        throw boom;
      },
    });
    assert.throws(() => bindUdp(options), boom);
  }
  assert.equal(keep(bindUdp(good)), probe, 'the lowest free descriptor is another one now');
});
