// devices.test — netlink sockets and TUN interfaces, in network namespaces of their own: nothing on the machine is touched.

import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import { bindUdp, EAGAIN, netlinkProtocol, openNetlink, read, write } from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { closeNow, keep, openFlags } from './lab/descriptors.mjs';

const NETLINK_ROUTE = 0;
const RTM_GETLINK = 18;

test('a netlink socket does not block, is closed by exec and answers what is written to it', () => {
  const fd = keep(openNetlink(NETLINK_ROUTE, 0));
  const nonBlocking = 0o4000;
  const closeOnExec = 0o2000000;
  assert.equal(openFlags(fd) & (nonBlocking | closeOnExec), nonBlocking | closeOnExec);
  const buffer = Buffer.alloc(65536);
  assert.equal(read(fd, buffer, 0, buffer.length), -EAGAIN);
  const request = Buffer.alloc(32);
  new DataView(request.buffer, request.byteOffset).setUint32(0, 32, true);
  new DataView(request.buffer, request.byteOffset).setUint32(4, (0x301 << 16) | RTM_GETLINK, true);
  assert.equal(write(fd, request, 0, 32), 32);
  const length = read(fd, buffer, 0, buffer.length);
  assert.ok(length > 0);
  assert.match(buffer.toString('latin1', 0, length), /\blo\0/);
});

test('a netlink socket says which protocol it speaks, and anything else that it is none', () => {
  assert.equal(netlinkProtocol(keep(openNetlink(NETLINK_ROUTE, 0))), NETLINK_ROUTE);
  assert.equal(netlinkProtocol(keep(openNetlink(12, 0))), 12);
  assert.equal(netlinkProtocol(keep(bindUdp({ address: '127.0.0.1', port: 0 }))), -97);
  assert.equal(netlinkProtocol(keep(openSync('/dev/null', 'r'))), -88);
  assert.equal(netlinkProtocol(-1), -9);
});

test('a protocol that there is none of is an error', () => {
  assert.throws(() => openNetlink(1000, 0), { code: 'EPROTONOSUPPORT', syscall: 'socket' });
  assert.throws(() => openNetlink(-1, 0), { code: 'EPROTONOSUPPORT', syscall: 'socket' });
});

test('what the kernel does not permit is an error that leaves nothing open', () =>
  inNamespace(
    `
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    assert.throws(() => reuseport.openNetlink(12, 64), { code: 'EPERM', syscall: 'bind' });
    assert.throws(() => reuseport.openTun('tun-test'), { code: 'EPERM', syscall: 'ioctl' });
    assert.equal(open(), before);`,
    ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'],
  ));

test('a file is no device: reading it might block', () => {
  const file = keep(openSync('/dev/zero', 'r+'));
  assert.equal(read(file, new Uint8Array(10), 0, 10), -88);
  assert.equal(write(file, new Uint8Array(10), 0, 10), -88);
  closeNow(file);
});

test('a TUN interface is there until its last descriptor is closed, and its groups tell of it', () =>
  inNamespace(`
    const news = reuseport.openNetlink(0, 1);
    const heard = () => {
      const told = [];
      for (const buffer = Buffer.alloc(65536); ; ) {
        const length = reuseport.read(news, buffer, 0, buffer.length);
        if (length < 0) return told;
        const name = /tun-test/.exec(buffer.toString('latin1', 0, length));
        if (name !== null) told.push(buffer.readUInt16LE(4));
      }
    };
    const there = () => readFileSync('/proc/net/dev', 'utf8').includes('tun-test:');
    const fd = reuseport.openTun('tun-test');
    assert.ok(there());
    assert.ok(heard().includes(16)); // RTM_NEWLINK
    assert.throws(() => reuseport.openTun('tun-test'), { code: 'EBUSY', syscall: 'ioctl', message: /, tun-test$/ });
    const client = pass(fd);
    reuseport.close(fd);
    assert.ok(there());
    assert.ok(!heard().includes(17));
    reuseport.close(client);
    assert.ok(!there());
    assert.ok(heard().includes(17)); // RTM_DELLINK
    const again = reuseport.openTun('fifteen-letters');
    assert.ok(readFileSync('/proc/net/dev', 'utf8').includes('fifteen-letters:'));
    assert.equal(Number.parseInt(/flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/' + again, 'utf8'))[1], 8) & 0o2004000, 0o2004000);
    assert.throws(() => reuseport.openTun('lo'), { code: 'EINVAL', syscall: 'ioctl' });`));

test('packets for a TUN interface are read from it, and what is written to it arrives', () =>
  inNamespace(`
    const tun = reuseport.openTun('tun-test');
    const bytes = Buffer.alloc(2000);
    execFileSync('ip', ['address', 'add', '10.9.9.1/24', 'dev', 'tun-test']);
    execFileSync('ip', ['link', 'set', 'tun-test', 'up']);
    let length;
    do length = reuseport.read(tun, bytes, 0, 2000); // what IPv6 says when an interface comes up
    while (length > 0);
    assert.equal(length, -reuseport.EAGAIN);
    const socket = reuseport.connectUdp({ address: '10.9.9.2', port: 53 });
    assert.equal(reuseport.write(socket, Buffer.from('asked'), 0, 5), 5);
    do length = reuseport.read(tun, bytes, 0, 2000);
    while (length > 0 && bytes[0] !== 0x45);
    assert.equal(length, 20 + 8 + 5);
    assert.equal(bytes.toString('latin1', 28, length), 'asked');
    // Back to its sender: addresses and ports change places, which no checksum minds.
    const swap = (at, size) => bytes.set([...bytes.subarray(at + size, at + 2 * size), ...bytes.subarray(at, at + size)], at);
    swap(12, 4);
    swap(20, 2);
    assert.equal(reuseport.write(tun, bytes, 0, length), length);
    await readable(socket);
    const answer = Buffer.alloc(100);
    assert.equal(reuseport.read(socket, answer, 0, 100), 5);
    assert.equal(answer.toString('latin1', 0, 5), 'asked');`));

// ---------------------------------------------------------------------------------------------------------------------

/** Also as no root: a user namespace makes one of everybody. */
const unshare = process.geteuid() === 0 ? ['unshare', '--net'] : ['unshare', '--net', '--map-root-user'];

const imports = `
  import assert from 'node:assert/strict';
  import { execFileSync } from 'node:child_process';
  import { readdirSync, readFileSync } from 'node:fs';
  import * as reuseport from 'node-reuseport';
  const readable = (fd) => new Promise((resolve) => {
    const poller = new reuseport.Poller(() => resolve(poller.close()));
    poller.add(fd, reuseport.READABLE, 0);
  });
  /** A duplicate, as another process would get it. */
  function pass(fd) {
    const listener = reuseport.listenChannel('pass');
    const from = reuseport.connectChannel('pass');
    const to = reuseport.accept(listener, new Uint8Array(28));
    const descriptors = new Int32Array(2);
    reuseport.sendMessage(from, Buffer.from('m'), 1, Int32Array.of(fd));
    reuseport.receiveMessage(to, new Uint8Array(1), descriptors);
    for (const end of [listener, from, to]) reuseport.close(end);
    return descriptors[1];
  }`;

/** @param under a command that runs it there */
async function inNamespace(code, under = []) {
  const { status, stderr } = await runChild(code, { under: [...unshare, ...under], imports });
  assert.equal(status, 0, stderr);
}
