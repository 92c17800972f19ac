// records.test — memory beside the cells: what its owner writes other processes see, and none of them writes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Arena, HEAD_MAGIC, HEAD_RECORDS, HEAD_RECORDS_SIZE, HEAD_USER, mapMemory } from 'node-reuseport';

const SIZE = 1000;

/** An arena, and what another process would see of it. */
function shared() {
  const arena = new Arena({ ring: 4, parked: 3, payload: 100, records: SIZE });
  const memory = mapMemory(arena.fd);
  const header = new Int32Array(memory.buffer, 0, arena.header.length);
  const records = memory.subarray(header[HEAD_RECORDS], header[HEAD_RECORDS] + header[HEAD_RECORDS_SIZE]);
  return { arena, memory, header, records };
}

test('words of the header and the records are seen by a process that maps the memory', () => {
  const { arena, memory, header, records } = shared();
  assert.equal(arena.header.length, 1024);
  assert.deepEqual(
    [arena.records.length, records.length, records.byteOffset + SIZE],
    [SIZE, SIZE, memory.length],
  );
  assert.ok(arena.records.every((byte) => byte === 0));
  arena.header[HEAD_USER] = 7;
  arena.header[1023] = -8;
  arena.records.fill(0xaa);
  arena.memory.fill(0xbb);
  assert.deepEqual([header[HEAD_USER], header[1023], header[HEAD_MAGIC]], [7, -8, arena.header[HEAD_MAGIC]]);
  assert.ok(records.every((byte) => byte === 0xaa));
  arena.records[SIZE - 1] = 1;
  assert.equal(records[SIZE - 1], 1);
  assert.equal(memory[header[HEAD_RECORDS] - 1], 0xbb);
});

test('an arena that asks for none has no records', () => {
  const arena = new Arena({});
  assert.equal(arena.records.length, 0);
  assert.equal(arena.header[HEAD_RECORDS_SIZE], 0);
  assert.equal(arena.header[HEAD_RECORDS], mapMemory(arena.fd).length);
});

test('what is written to mapped memory stays with the writer', () => {
  const { arena, memory, header, records } = shared();
  memory.fill(0xff);
  assert.deepEqual([header[HEAD_USER], records[0]], [-1, 0xff]);
  assert.deepEqual([arena.header[HEAD_USER], arena.records[0], arena.memory[0]], [0, 0, 0]);
  assert.equal(mapMemory(arena.fd)[header.byteOffset], 0x72);
});

test('another process that has the descriptor can read the memory and do nothing else to it', () => {
  const { arena, memory } = shared();
  arena.records[0] = 42;
  const script = `
import mmap, os, errno
def refused(what):
    try: what()
    except OSError as error: return errno.errorcode[error.errno]
    return 'done'
size = os.fstat(3).st_size
print(mmap.mmap(3, size, mmap.MAP_SHARED, mmap.PROT_READ)[size - ${SIZE}])
again = os.open('/proc/self/fd/3', os.O_RDWR)
for fd in (3, again):
    print(refused(lambda: mmap.mmap(fd, size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)))
    print(refused(lambda: os.pwrite(fd, b'x', size - 1)))
    print(refused(lambda: os.ftruncate(fd, 1)))
    print(refused(lambda: os.ftruncate(fd, size + 1)))
`;
  const { stdout, stderr } = spawnSync('python3', ['-c', script], {
    stdio: ['ignore', 'pipe', 'pipe', arena.fd],
    encoding: 'utf8',
  });
  assert.deepEqual(stdout.split('\n').slice(0, 9), ['42', ...Array(8).fill('EPERM')], stderr);
  assert.equal(memory.at(-1), 0);
});
