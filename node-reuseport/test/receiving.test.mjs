// receiving.test — datagrams arrive in batches, each in a cell with its sender, its length and a hash.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, bindUdp, connectUdp, describe, EAGAIN, write, ZERO_TAIL } from 'node-reuseport';
import { readCell } from './lab/cells.mjs';
import { keep } from './lab/descriptors.mjs';

function pair(address = '127.0.0.1') {
  const server = keep(bindUdp({ address, port: 0, receiveBuffer: 1 << 20 }));
  const client = keep(connectUdp({ address, port: describe(server).port }));
  const send = (bytes) => assert.equal(write(client, bytes, 0, bytes.length), bytes.length);
  return { server, client, send };
}

test('one call takes as many datagrams as the ring has cells, in order', () => {
  const { server, send } = pair();
  for (let i = 0; i < 40; i++) send(Buffer.from(`datagram ${i}`));
  const arena = new Arena({ ring: 32 });
  assert.equal(arena.receive(server), 32);
  assert.equal(readCell(arena, 31).bytes.toString(), 'datagram 31');
  assert.equal(arena.receive(server), 8);
  assert.equal(readCell(arena, 7).bytes.toString(), 'datagram 39');
  assert.equal(arena.receive(server), -EAGAIN);
});

test('receiving from what is no socket gives its errno', () => {
  const arena = new Arena({});
  assert.equal(arena.receive(1 << 30), -9);
  assert.equal(arena.receive(arena.fd), -88);
});

for (const [address, family, size] of [
  ['127.0.0.1', 4, 16],
  ['::1', 6, 28],
]) {
  test(`the sender is kept in the cell: ${address}`, () => {
    const { server, client, send } = pair(address);
    send(Buffer.from('who am I'));
    const arena = new Arena({});
    assert.equal(arena.receive(server), 1);
    const { from, addressLength } = readCell(arena, 0);
    assert.deepEqual(from, { address, port: describe(client).port, family });
    assert.equal(addressLength, size);
  });
}

test('a datagram larger than a cell is cut, and its length tells', () => {
  const { server, send } = pair();
  send(Buffer.alloc(101, 0xee));
  send(Buffer.alloc(100, 0xdd));
  const arena = new Arena({ payload: 100 });
  assert.equal(arena.receive(server), 2);
  const [cut, whole] = [readCell(arena, 0), readCell(arena, 1)];
  assert.deepEqual([cut.length, cut.bytes], [101, Buffer.alloc(100, 0xee)]);
  assert.deepEqual([whole.length, whole.bytes], [100, Buffer.alloc(100, 0xdd)]);
});

test('the largest datagram there is fits an arena made for it', () => {
  const { server, send } = pair();
  send(Buffer.alloc(65507, 0x5a));
  const arena = new Arena({ ring: 1, payload: 65536 });
  assert.equal(arena.receive(server), 1);
  assert.equal(readCell(arena, 0).length, 65507);
});

test('an empty datagram counts and has length 0', () => {
  const { server, send } = pair();
  send(Buffer.alloc(0));
  send(Buffer.from('after'));
  const arena = new Arena({});
  assert.equal(arena.receive(server), 2);
  assert.equal(readCell(arena, 0).length, 0);
  assert.equal(readCell(arena, 1).bytes.toString(), 'after');
});

test('zero bytes follow every payload, whatever was in the cell before', () => {
  const { server, send } = pair();
  const arena = new Arena({ ring: 1, payload: 100 });
  for (const size of [100, 99, 93, 64, 7, 1, 0, 100]) {
    send(Buffer.alloc(100, 0xff));
    assert.equal(arena.receive(server), 1);
    send(Buffer.alloc(size, 0xaa));
    assert.equal(arena.receive(server), 1);
    const { tail } = readCell(arena, 0);
    assert.deepEqual(
      Buffer.from(tail.subarray(0, ZERO_TAIL)),
      Buffer.alloc(ZERO_TAIL),
      `behind ${size} bytes`,
    );
  }
});

test('the hash is that of the bytes without the first two, and differs between arenas', () => {
  const { server, send } = pair();
  const hashes = (datagrams, arena = new Arena({})) => {
    for (const bytes of datagrams) send(bytes);
    assert.equal(arena.receive(server), datagrams.length);
    return datagrams.map((_, index) => readCell(arena, index).hash);
  };
  const one = Buffer.from('..a question of 32 bytes, or so...');
  const renamed = Buffer.from(one);
  renamed.write('xy');
  const [first, again, other] = hashes([one, renamed, Buffer.from('xy another one')]);
  assert.equal(first, again);
  assert.notEqual(first, other);
  const flipped = [];
  for (let bit = 0; bit < 8 * 30; bit++) {
    const copy = Buffer.from(one);
    copy[2 + (bit >> 3)] ^= 1 << (bit & 7);
    flipped.push(copy);
  }
  const arena = new Arena({ ring: 256 });
  const seen = new Set(hashes([one, ...flipped], arena));
  assert.ok(seen.size > flipped.length - 2, `${seen.size} hashes of ${flipped.length + 1} datagrams`);
  assert.notEqual(hashes([one])[0], hashes([one])[0]);
  assert.equal(new Set(hashes([Buffer.from('a.'), Buffer.from('..')])).size, 1);
  assert.equal(new Set(hashes([Buffer.from('....'), Buffer.from('.....')])).size, 2);
});

test('limits of an arena are refused by name', () => {
  for (const [name, value] of [
    ['ring', 0],
    ['ring', 1025],
    ['parked', -1],
    ['payload', 63],
    ['payload', 65537],
    ['replies', 0],
    ['records', -1],
    ['records', (1 << 26) + 1],
    ['outbox', 511],
    ['outbox', '512'],
  ]) {
    assert.throws(() => new Arena({ [name]: value }), {
      name: 'TypeError',
      message: new RegExp(`^${name}: `),
    });
  }
  assert.throws(() => new Arena({ ring: 1024, parked: 65536, payload: 65536 }), /less than 2 GiB/);
  assert.throws(() => new Arena(), { name: 'TypeError', message: /^options: / });
});

test('no change of the top bits cancels whatever the key is', () => {
  const { server, send } = pair();
  const plain = Buffer.from('id' + 'kubernetes.default.svc.cluster.local');
  const arenas = Array.from({ length: 8 }, () => new Arena({}));
  for (let word = 2; word + 16 <= plain.length; word += 8) {
    const changed = Buffer.from(plain);
    for (const at of [word + 7, word + 8 + 3, word + 8 + 7]) changed[at] ^= 0x80;
    const collisions = arenas.filter((arena) => {
      send(plain);
      send(changed);
      assert.equal(arena.receive(server), 2);
      return readCell(arena, 0).hash === readCell(arena, 1).hash;
    });
    assert.equal(collisions.length, 0, `${collisions.length} of ${arenas.length} keys, word at ${word}`);
  }
});
