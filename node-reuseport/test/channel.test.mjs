// channel.test — messages with descriptors between processes, shared memory, and looking at a queue without taking from it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ARENA_MAGIC,
  ARENA_VERSION,
  Arena,
  bindUdp,
  connectChannel,
  connectTcp,
  connectUdp,
  describe,
  EAGAIN,
  HEAD_FIRST_CELL,
  HEAD_LENGTH_STRIDE,
  HEAD_LENGTHS,
  HEAD_MAGIC,
  HEAD_RING,
  HEAD_VERSION,
  listenChannel,
  listenTcp,
  mapMemory,
  peerProcess,
  peerUser,
  queueHead,
  read,
  receiveMessage,
  sendDatagram,
  sendMessage,
  write,
} from 'node-reuseport';
import { channel } from './lab/connection.mjs';
import { closeNow, countOpen, keep, ready } from './lab/descriptors.mjs';

const address = '127.0.0.1';
const none = new Int32Array(0);

test('a name that begins with a slash is a path: its file is there, and stays', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reuseport-'));
  const path = join(folder, 'channel');
  const listener = keep(listenChannel(path));
  assert.ok(lstatSync(path).isSocket());
  keep(connectChannel(path));
  assert.throws(() => listenChannel(path), { code: 'EADDRINUSE', message: new RegExp(path) });
  closeNow(listener);
  assert.throws(() => connectChannel(path), { code: 'ECONNREFUSED' });
  for (const wrong of [`/${'x'.repeat(105)}`, `${path}\0`])
    assert.throws(() => listenChannel(wrong), TypeError);
  assert.throws(() => listenChannel(join(folder, 'missing', 'channel')), { code: 'ENOENT' });
  rmSync(folder, { recursive: true });
});

/** Node.js has no such socket: binds it, says so, and then what it gets and from which process. */
const receiver = `
import socket, sys
taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taker.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
taker.bind(sys.argv[1].replace('@', '\\0', 1))
print('bound', flush=True)
data, extra, _, _ = taker.recvmsg(100, 100)
print(data.decode(), int.from_bytes(extra[0][2][:4], sys.byteorder), flush=True)
`;

test('a datagram reaches a socket of another program, by path or abstract name, with the process it is from', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reuseport-'));
  for (const name of [join(folder, 'notify'), `@reuseport notify ${process.pid}`]) {
    const child = spawn('python3', ['-c', receiver, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (said === '')
        assert.equal(sendDatagram(name.replace('@', ''), Buffer.from('READY=1, and more'), 7), 7);
      said += text;
    });
    await closed;
    assert.equal(said, `bound\nREADY=1 ${process.pid}\n`);
  }
  const before = countOpen();
  assert.equal(sendDatagram(join(folder, 'missing'), Buffer.from('x'), 1), -2);
  assert.equal(sendDatagram(join(folder, 'notify'), Buffer.from('x'), 1), -111); // left behind, as its process ended
  assert.equal(sendDatagram('nobody has this name', Buffer.from('x'), 1), -111);
  assert.equal(countOpen(), before);
  rmSync(folder, { recursive: true });
});

test('a name has one listener, and none when that is closed', () => {
  const { name, listener, server } = channel();
  assert.throws(() => listenChannel(name), { code: 'EADDRINUSE', syscall: 'bind' });
  closeNow(listener);
  assert.throws(() => connectChannel(name), { code: 'ECONNREFUSED', syscall: 'connect' });
  assert.equal(peerUser(server), process.geteuid());
  assert.equal(peerProcess(server), process.pid);
  assert.throws(() => peerUser(keep(bindUdp({ address, port: 0 }))), { code: 'ENOTCONN' });
});

test('messages keep their bounds, and the end is 0', () => {
  const { client, server } = channel();
  const bytes = Buffer.alloc(64);
  const descriptors = new Int32Array(4);
  assert.equal(receiveMessage(server, bytes, descriptors), -EAGAIN);
  assert.equal(sendMessage(client, Buffer.from('one'), 3, none), 3);
  assert.equal(sendMessage(client, Buffer.from('three'), 5, none), 5);
  assert.equal(receiveMessage(server, bytes, descriptors), 3);
  assert.equal(receiveMessage(server, bytes, descriptors), 5);
  assert.equal(bytes.toString('latin1', 0, 5), 'three');
  assert.equal(descriptors[0], 0);
  closeNow(client);
  assert.equal(receiveMessage(server, bytes, descriptors), 0);
});

test('a socket that is passed on keeps what waits in it when the first holder closes it', () => {
  const { client, server } = channel();
  const socket = bindUdp({ address, port: 0 });
  write(keep(connectUdp({ address, port: describe(socket).port })), Buffer.from('kept'), 0, 4);
  assert.equal(sendMessage(client, Buffer.from('m'), 1, Int32Array.of(socket)), 1);
  closeNow(socket);
  const descriptors = new Int32Array(2);
  assert.equal(receiveMessage(server, new Uint8Array(1), descriptors), 1);
  assert.equal(descriptors[0], 1);
  const bytes = Buffer.alloc(8);
  assert.equal(read(keep(descriptors[1]), bytes, 0, 8), 4);
});

test('as many descriptors as the kernel passes arrive; a message that does not fit leaves none open', () => {
  const { client, server } = channel();
  const socket = keep(bindUdp({ address, port: 0 }));
  const many = new Int32Array(253).fill(socket);
  const before = countOpen('socket');
  const into = new Int32Array(254);
  assert.equal(sendMessage(client, Buffer.from('m'), 1, many), 1);
  assert.equal(receiveMessage(server, new Uint8Array(1), into), 1);
  assert.equal(into[0], 253);
  for (const fd of into.subarray(1)) closeNow(fd);
  for (const [room, size] of [
    [253, 1],
    [1, 1],
    [254, 0],
  ]) {
    assert.equal(sendMessage(client, Buffer.from('m'), 1, many), 1);
    const short = new Int32Array(room).fill(7);
    assert.equal(receiveMessage(server, new Uint8Array(size), short), -90, `${room} ${size}`);
    assert.equal(short[0], 0);
    assert.equal(countOpen('socket'), before);
  }
  assert.equal(sendMessage(client, Buffer.from('m'), 1, Int32Array.of(1 << 30)), -9);
});

test('the memory of an arena can be mapped again, and shows what was received', () => {
  const arena = new Arena({ ring: 4 });
  const server = keep(bindUdp({ address, port: 0 }));
  write(keep(connectUdp({ address, port: describe(server).port })), Buffer.from('seen'), 0, 4);
  assert.equal(arena.receive(server), 1);
  const twin = mapMemory(arena.fd);
  const head = new Int32Array(twin.buffer, 0, 16);
  assert.deepEqual([head[HEAD_MAGIC], head[HEAD_VERSION], head[HEAD_RING]], [ARENA_MAGIC, ARENA_VERSION, 4]);
  const view = new DataView(twin.buffer);
  const length = (i) => view.getUint32(head[HEAD_LENGTHS] + i * head[HEAD_LENGTH_STRIDE], true);
  assert.deepEqual([length(0), length(1)], [4, 0]);
  const payload = head[HEAD_FIRST_CELL] + 64;
  assert.equal(Buffer.from(twin.subarray(payload, payload + 4)).toString(), 'seen');
  assert.equal(arena.receive(server), -EAGAIN);
  assert.equal(length(0), 0);
});

test('garbage written into the arrays of an arena harms no receive', () => {
  const arena = new Arena({ ring: 4, records: 64 });
  const server = keep(bindUdp({ address, port: 0 }));
  const client = keep(connectUdp({ address, port: describe(server).port }));
  const fill = () => {
    for (const array of [arena.header, arena.records, arena.memory]) array.fill(-1);
  };
  fill();
  write(client, Buffer.from('still'), 0, 5);
  assert.equal(arena.receive(server), 1);
  assert.equal(Buffer.from(arena.memory.subarray(64, 69)).toString(), 'still');
  fill();
  assert.throws(() => arena.send(server, 1), { name: 'TypeError' });
});

test('memory that could shrink, and what is no memory, is not mapped', () => {
  const socket = keep(bindUdp({ address, port: 0 }));
  assert.throws(() => mapMemory(socket), { code: 'EINVAL' });
  assert.throws(() => mapMemory(1 << 30), { code: 'EBADF' });
});

test('the head of a queue tells one datagram from the next and is not taken', async () => {
  const server = keep(bindUdp({ address, port: 0 }));
  const client = keep(connectUdp({ address, port: describe(server).port }));
  assert.equal(queueHead(server), 0);
  write(client, Buffer.from('first'), 0, 5);
  write(client, Buffer.from('other'), 0, 5);
  const head = queueHead(server);
  assert.ok(head > 0);
  assert.equal(queueHead(server), head);
  assert.equal(read(server, Buffer.alloc(8), 0, 8), 5);
  assert.ok(queueHead(server) > 0);
  assert.notEqual(queueHead(server), head);
  const listener = keep(listenTcp({ address, port: 0 }));
  assert.equal(queueHead(listener), 0);
  keep(connectTcp({ address, port: describe(listener).port }));
  await ready(listener);
  assert.equal(queueHead(listener), 1);
  assert.equal(queueHead(1 << 30), -9);
});
