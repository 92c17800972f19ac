// arguments.test — wrong arguments are TypeErrors, never taken for something else, never a crash.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as reuseport from 'node-reuseport';

const { Arena, Fence, HEAD_USER, Poller } = reuseport;
const wrongNumbers = [
  Number.NaN,
  Infinity,
  2 ** 32,
  2 ** 32 + 1,
  -(2 ** 32),
  1.5,
  '0',
  null,
  undefined,
  {},
  [],
  true,
  0n,
];
const isTypeError = { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' };

test('a value that is no integer of 32 bits is no descriptor', () => {
  const bytes = new Uint8Array(64);
  const list = new Int32Array(8);
  const arena = new Arena({});
  const fence = new Fence(arena.fd, HEAD_USER);
  const poller = new Poller(() => {});
  const { adopt, accept, close, describe, pendingError, read, shutdown, write } = reuseport;
  const {
    discard,
    keepCapabilities,
    lockFile,
    leaveGroup,
    peek,
    peerOf,
    peerProcess,
    queueDrops,
    bufferedMemory,
    setReceiveBuffer,
    setSendBuffer,
    wakeAt,
    isUrgent,
    reset,
    setDelayedAck,
    written,
  } = reuseport;
  const { mapMemory, openNetlink, peerUser, queueHead, receiveMessage, sendDatagram, sendMessage } =
    reuseport;
  for (const fd of wrongNumbers) {
    const one = [
      adopt,
      close,
      describe,
      leaveGroup,
      pendingError,
      peerProcess,
      peerUser,
      keepCapabilities,
      lockFile,
      lockFile,
      queueDrops,
      bufferedMemory,
      queueHead,
      mapMemory,
      written,
      isUrgent,
      reset,
    ];
    for (const take of one) {
      assert.throws(() => take(fd), isTypeError, `${take.name} of ${String(fd)}`);
    }
    assert.throws(() => read(fd, bytes, 0, 1), isTypeError);
    assert.throws(() => write(fd, bytes, 0, 1), isTypeError);
    assert.throws(() => peek(fd, bytes, 0, 1), isTypeError);
    assert.throws(() => discard(fd, 1), isTypeError);
    assert.throws(() => discard(1 << 30, fd), isTypeError);
    assert.throws(() => setReceiveBuffer(fd, 1), isTypeError);
    assert.throws(() => setSendBuffer(fd, 1), isTypeError);
    assert.throws(() => setSendBuffer(1 << 30, fd), isTypeError);
    assert.throws(() => setReceiveBuffer(1 << 30, fd), isTypeError);
    assert.throws(() => wakeAt(fd, 1), isTypeError);
    assert.throws(() => wakeAt(1 << 30, fd), isTypeError);
    assert.throws(() => setDelayedAck(fd, 1), isTypeError);
    assert.throws(() => setDelayedAck(1 << 30, fd), isTypeError);
    assert.throws(() => peerOf(fd, bytes), isTypeError);
    assert.throws(() => accept(fd, bytes), isTypeError);
    if (fd !== undefined) assert.throws(() => accept(1 << 30, bytes, fd, bytes), isTypeError);
    assert.throws(() => openNetlink(fd, 0), isTypeError);
    assert.throws(() => openNetlink(1 << 30, fd), isTypeError);
    assert.throws(() => shutdown(fd, 2), isTypeError);
    assert.throws(() => shutdown(1 << 30, fd), isTypeError);
    assert.throws(() => sendMessage(fd, bytes, 1, list), isTypeError);
    assert.throws(() => sendDatagram('nobody', bytes, fd), isTypeError);
    assert.throws(() => receiveMessage(fd, bytes, list), isTypeError);
    assert.throws(() => arena.receive(fd), isTypeError);
    if (fd !== undefined) assert.throws(() => arena.receive(1 << 30, fd), isTypeError);
    assert.throws(() => arena.send(fd, 0), isTypeError);
    assert.throws(() => arena.send(1 << 30, fd), isTypeError);
    assert.throws(() => arena.markCrashes(fd), isTypeError);
    assert.throws(() => new Fence(fd, HEAD_USER), isTypeError);
    assert.throws(() => new Fence(arena.fd, fd), isTypeError);
    assert.throws(() => fence.watch(fd, arena.fd, HEAD_USER), isTypeError);
    assert.throws(() => fence.watch(0, fd, HEAD_USER), isTypeError);
    assert.throws(() => fence.watch(0, arena.fd, fd), isTypeError);
    assert.throws(() => fence.write(fd, bytes, 0, 1), isTypeError);
    assert.throws(() => fence.discard(fd, 1), isTypeError);
    assert.throws(() => fence.wakeAt(fd, 1), isTypeError);
    assert.throws(() => fence.shutdown(fd, 2), isTypeError);
    assert.throws(() => fence.reset(fd), isTypeError);
    assert.throws(() => poller.add(fd, 1, 1), isTypeError);
    assert.throws(() => poller.modify(1 << 30, fd, 1), isTypeError);
    assert.throws(() => poller.add(1 << 30, 1, fd), isTypeError);
    assert.throws(() => poller.addBusy(fd, 1), isTypeError);
    assert.throws(() => poller.addBusy(1 << 30, fd), isTypeError);
    assert.throws(() => poller.remove(fd), isTypeError);
  }
  poller.close();
});

test('what is no Uint8Array, and ranges outside of one, are refused before the kernel is asked', () => {
  const gone = 1 << 30;
  for (const wrong of [
    null,
    'bytes',
    [1, 2],
    {},
    new ArrayBuffer(64),
    new Int8Array(64),
    new DataView(new ArrayBuffer(64)),
  ]) {
    assert.throws(() => reuseport.read(gone, wrong, 0, 1), isTypeError);
    assert.throws(() => reuseport.write(gone, wrong, 0, 1), isTypeError);
    assert.throws(() => reuseport.peek(gone, wrong, 0, 1), isTypeError);
    assert.throws(() => reuseport.peerOf(gone, wrong), isTypeError);
    assert.throws(() => reuseport.accept(gone, new Uint8Array(28), gone, wrong), isTypeError);
    assert.throws(() => reuseport.accept(gone, wrong), isTypeError);
    assert.throws(() => reuseport.formatAddress(wrong, 0), isTypeError);
    assert.throws(() => reuseport.sendMessage(gone, wrong, 1, new Int32Array(0)), isTypeError);
    assert.throws(() => reuseport.receiveMessage(gone, wrong, new Int32Array(1)), isTypeError);
    assert.throws(() => reuseport.receiveMessage(gone, new Uint8Array(1), wrong), isTypeError);
    assert.throws(() => new Arena({}).attach(wrong), isTypeError);
  }
  const buffer = new Uint8Array(10);
  for (const [offset, length] of [
    [0, 11],
    [11, 0],
    [10, 1],
    [-1, 1],
    [0, -1],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ]) {
    assert.throws(() => reuseport.read(gone, buffer, offset, length), isTypeError);
    assert.throws(() => reuseport.write(gone, buffer, offset, length), isTypeError);
    assert.throws(() => reuseport.peek(gone, buffer, offset, length), isTypeError);
  }
  assert.throws(() => reuseport.accept(gone, new Uint8Array(27)), isTypeError);
  assert.throws(() => reuseport.peerOf(gone, new Uint8Array(27)), isTypeError);
  assert.throws(() => reuseport.discard(gone, -1), isTypeError);
  for (const bytes of [0, -1]) assert.throws(() => reuseport.wakeAt(gone, bytes), isTypeError);
  for (const ms of [0, -1, 1001]) assert.throws(() => reuseport.setDelayedAck(gone, ms), isTypeError);
  const { HEAD_USER } = reuseport;
  for (const word of [0, HEAD_USER - 1, 1024, -1]) {
    assert.throws(() => new Arena({}).markCrashes(word), isTypeError);
  }
  assert.throws(() => reuseport.receiveMessage(gone, buffer, new Int32Array(0)), isTypeError);
  assert.throws(() => reuseport.sendMessage(gone, buffer, 0, new Int32Array(0)), isTypeError);
  assert.throws(() => reuseport.sendMessage(gone, buffer, 11, new Int32Array(0)), isTypeError);
  assert.throws(() => reuseport.sendMessage(gone, buffer, 1, new Int32Array(254)), isTypeError);
  assert.throws(() => reuseport.sendDatagram('nobody', buffer, 11), isTypeError);
});

test('options and callbacks of another type are refused', () => {
  for (const wrong of [undefined, null, 1, 'options', Symbol('options')]) {
    for (const open of [reuseport.bindUdp, reuseport.listenTcp, reuseport.connectUdp, reuseport.connectTcp]) {
      assert.throws(() => open(wrong), isTypeError);
    }
    assert.throws(() => new Arena(wrong), isTypeError);
    assert.throws(() => new Poller(wrong), isTypeError);
  }
  for (const wrong of ['', 'x'.repeat(106), 7, undefined]) {
    assert.throws(() => reuseport.listenChannel(wrong), isTypeError);
    assert.throws(() => reuseport.connectChannel(wrong), isTypeError);
    assert.throws(() => reuseport.sendDatagram(wrong, new Uint8Array(1), 1), isTypeError);
  }
  const names = [
    '',
    'x'.repeat(16),
    '.',
    '..',
    'a/b',
    'a:b',
    'tun%d',
    'a b',
    'a\tb',
    'tun\n',
    'a\0b',
    'tün',
    7,
  ];
  for (const wrong of [...names, undefined, null, {}]) {
    assert.throws(() => reuseport.openTun(wrong), isTypeError, String(wrong));
  }
});

test('20,000 calls with random arguments do no harm', async () => {
  const seed = 20_260_101;
  const fuzz = fileURLToPath(new URL('lab/fuzz.mjs', import.meta.url));
  const { error, stdout, stderr } = await new Promise((resolve) => {
    execFile(process.execPath, [fuzz, '20000', String(seed)], (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
  });
  assert.equal(error, null, `seed ${seed}: ${error?.signal ?? error?.code}\n${stderr}`);
  const { returned, refused } = JSON.parse(stdout);
  assert.ok(returned > 2000 && refused > 2000, `too few calls of one kind to mean anything: ${stdout}`);
});
