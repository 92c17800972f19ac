// everything — calls every function and method once or twice and fails when one was left out: what valgrind watches.

import assert from 'node:assert/strict';
import * as reuseport from 'node-reuseport';

const left = new Set();

const $ = {};
for (const [name, found] of Object.entries(reuseport)) {
  if (typeof found !== 'function' || /^[A-Z]/.test(name)) continue;
  left.add(name);
  $[name] = (...args) => {
    left.delete(name);
    return found(...args);
  };
}

/** The class with methods that tell when they are called. */
function watched(Class) {
  const Watched = class extends Class {};
  for (const name of Object.getOwnPropertyNames(Class.prototype)) {
    if (name === 'constructor') continue;
    left.add(`${Class.name}.${name}`);
    const value = function (...args) {
      left.delete(`${Class.name}.${name}`);
      return Class.prototype[name].apply(this, args);
    };
    Object.defineProperty(Watched.prototype, name, { value });
  }
  return Watched;
}

const Arena = watched(reuseport.Arena);
const Fence = watched(reuseport.Fence);
const Poller = watched(reuseport.Poller);

const address = '127.0.0.1';
const peer = new Uint8Array(28);
const bytes = Buffer.from('some bytes to send');

const ready = (fd, flags) =>
  new Promise((resolve) => {
    const poller = new Poller(() => resolve(poller.close()));
    poller.add(fd, 0, 1);
    poller.modify(fd, flags, 1);
    poller.remove(fd);
    if (flags !== reuseport.READABLE) return poller.add(fd, flags, 1);
    poller.addBusy(fd, 1);
    poller.remove(fd);
    poller.addBusy(fd, 1);
  });

async function streams() {
  const listener = $.listenTcp({ address, port: 0 });
  const client = $.connectTcp({ address, port: $.describe(listener).port });
  await ready(client, reuseport.WRITABLE);
  const told = channels();
  const server = $.accept(listener, peer, told.client, bytes);
  const descriptors = new Int32Array(2);
  assert.equal($.receiveMessage(told.server, Buffer.alloc(100), descriptors), bytes.length);
  assert.equal($.peerOf(descriptors[1], peer), 0);
  assert.equal($.formatAddress(peer, 0).address, address);
  assert.equal($.pendingError(client), 0);
  $.write(client, bytes, 0, bytes.length);
  assert.equal($.wakeAt(server, bytes.length), 0);
  assert.ok([0, -92].includes($.setDelayedAck(server, 20)));
  await ready(server, reuseport.READABLE);
  assert.equal($.peek(server, Buffer.alloc(100), 0, 100), bytes.length);
  assert.equal($.discard(server, 5), 5);
  assert.equal($.read(server, Buffer.alloc(100), 0, 100), bytes.length - 5);
  $.write(server, bytes, 0, bytes.length);
  assert.equal($.written(server), bytes.length);
  const arena = new Arena({});
  const fence = new Fence(arena.fd, reuseport.HEAD_USER);
  arena.header[reuseport.HEAD_USER] = 1;
  fence.watch(0, arena.fd, reuseport.HEAD_USER + 1);
  assert.equal(fence.write(server, bytes, 0, 5), 5);
  assert.equal(fence.wakeAt(server, 1), 0);
  assert.equal(fence.discard(server, 1), -reuseport.EAGAIN);
  arena.header[reuseport.HEAD_USER + 1] = 1;
  assert.equal(fence.shutdown(server, 2), -reuseport.ESTALE);
  assert.equal(fence.reset(server), -reuseport.ESTALE);
  fence.watch(0, -1, 0);
  $.shutdown(client, 2);
  assert.equal($.reset(client), 0);
  for (const fd of [listener, client, server, descriptors[1], ...Object.values(told)]) $.close(fd);
}

function datagrams(family) {
  const server = $.bindUdp({ address: family, port: 0, receiveBuffer: 1 << 20, sendBuffer: 1 << 20 });
  const client = $.connectUdp({ address: family, port: $.adopt(server).port });
  const arena = new Arena({ ring: 8, parked: 8, payload: 64, records: 100 });
  for (const size of [0, 1, 2, 18]) $.write(client, bytes, 0, size);
  assert.ok($.queueHead(server) > 0);
  assert.equal($.isUrgent(server), false);
  assert.equal(arena.receive(server), 4);
  arena.attach(bytes);
  arena.replies.set([0, 0, 0, 5, 3, 1, 0, 18, 1, 0, 0, 0]);
  assert.equal(arena.send(server, 3), 3);
  assert.throws(() => arena.send(server, 65), TypeError);
  assert.equal(arena.receive(server), -reuseport.EAGAIN);
  arena.records.fill(1);
  arena.header[reuseport.HEAD_USER] = 1;
  assert.equal($.mapMemory(arena.fd)[0], 0x72);
  assert.equal($.allocate(16 << 20)[0], 0);
  assert.ok($.setReceiveBuffer(server, 4096) > 4096);
  assert.ok($.setSendBuffer(server, 4096) > 4096);
  assert.equal($.queueDrops(server), 0);
  assert.ok($.bufferedMemory(server) >= 0);
  assert.equal($.leaveGroup(server), 0);
  for (const fd of [server, client]) $.close(fd);
}

function channels() {
  const name = `node-reuseport everything ${process.pid}`;
  const listener = $.listenChannel(name);
  const client = $.connectChannel(name);
  const server = $.accept(listener, peer);
  assert.equal($.peerUser(server), process.geteuid());
  assert.equal($.peerProcess(server), process.pid);
  $.sendMessage(client, bytes, 4, Int32Array.of(listener, client));
  const descriptors = new Int32Array(3);
  assert.equal($.receiveMessage(server, Buffer.alloc(10), descriptors), 4);
  for (const fd of [listener, descriptors[1], descriptors[2]]) $.close(fd);
  assert.equal($.sendDatagram(name, bytes, bytes.length), -reuseport.ECONNREFUSED);
  assert.throws(() => $.describe(1 << 30), { code: 'EBADF' });
  return { client, server };
}

function devices() {
  const fd = $.openNetlink(0, 1);
  const request = Buffer.alloc(32); // RTM_GETLINK of all there are
  new Uint32Array(request.buffer, request.byteOffset, 2).set([32, (0x301 << 16) | 18]);
  assert.equal($.write(fd, request, 0, 32), 32);
  assert.ok($.read(fd, Buffer.alloc(65536), 0, 65536) > 0);
  assert.equal($.netlinkProtocol(fd), 0);
  $.close(fd);
  assert.throws(
    () => $.openTun('lo'),
    ({ code }) => ['EINVAL', 'EPERM', 'ENOENT'].includes(code),
  );
}

$.monotonicMs();
assert.equal($.leaveNoCore(), 0);
assert.ok($.keepCapabilities(-1) >= 0);
assert.ok($.descriptorLimit() > 0);
assert.equal($.lockFile(new Arena({}).fd), 0);
devices();
await streams();
datagrams('127.0.0.1');
datagrams('::1');
new Arena({}).markCrashes(reuseport.HEAD_USER);
for (let i = 0; i < 3; i++) {
  global.gc();
  await new Promise((resolve) => setImmediate(resolve));
}
assert.deepEqual([...left], [], 'not called: add them here');
