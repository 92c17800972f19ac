// node-api.test — whichever call of Node-API fails: an exception tells of it, and nothing is left open or crashes.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runChild } from './lab/child.mjs';
import { runCommand } from './lab/command.mjs';
import { withCopy } from './lab/copy.mjs';

const program = `
  import { readdirSync, readlinkSync } from 'node:fs';
  const open = () => readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync('/proc/self/fd/' + fd);
    } catch {
      return '';
    }
  }).filter((name) => /memfd|eventpoll|socket/.test(name)).sort();
  const turns = async () => {
    for (let i = 0; i < 10; i++) {
      globalThis.gc();
      await new Promise(setImmediate);
    }
  };
  const { Arena, Fence, Poller, HEAD_USER } = reuseport;
  const arena = new Arena({ ring: 1 });
  const fence = new Fence(arena.fd, HEAD_USER);
  const fd = reuseport.bindUdp({ address: '127.0.0.1', port: 0 });
  const [pollers, descriptors] = [[], []];
  const calls = {
    arena: () => new Arena({ ring: 2, parked: 2, payload: 64, records: 64 }),
    fence: () => new Fence(arena.fd, HEAD_USER),
    poller: () => pollers.push(new Poller(() => {})),
    attach: () => arena.attach(new Uint8Array(2)) ?? 'done',
    receive: () => arena.receive(fd, 1),
    send: () => arena.send(fd, 0),
    watch: () => fence.watch(0, arena.fd, HEAD_USER) ?? 'done',
    describe: () => Object.keys(reuseport.describe(fd)).length === 8,
    formatAddress: () => reuseport.formatAddress(Uint8Array.of(2, ...new Array(27).fill(0)), 0).family,
    monotonicMs: () => reuseport.monotonicMs(),
    allocate: () => reuseport.allocate(4096),
    mapMemory: () => reuseport.mapMemory(arena.fd),
    pendingError: () => reuseport.pendingError(fd),
    error: () => {
      assert.throws(() => reuseport.describe(1 << 30), Error);
      return 'thrown';
    },
  };
  await turns();
  const before = open();
  let failures = 0;
  function fails(name, call, n) {
    process.env.FAILING = String(n);
    let result, error;
    try {
      result = call();
    } catch (thrown) {
      error = thrown;
    }
    const hit = process.env.FAILING === undefined;
    delete process.env.FAILING;
    if (!hit || name === 'error') assert.ok(result !== undefined && result !== false, name);
    else assert.ok(error instanceof Error, name + ': nothing tells of failure ' + n);
    return hit;
  }
  for (const [name, call] of Object.entries(calls)) {
    for (let n = 1; fails(name, call, n); n++) failures++;
    for (const poller of pollers.splice(0)) poller.close();
    await turns();
    assert.deepEqual(open(), before, name);
  }
  console.log(failures);`;

test('no call of Node-API fails unnoticed', async () => {
  await withCopy(async (copy) => {
    const failing = fileURLToPath(new URL('lab/failing.h', import.meta.url));
    const build = await runCommand(process.execPath, ['build.mjs'], {
      cwd: copy,
      env: { CFLAGS: `-include ${failing}` },
    });
    assert.equal(build.status, 0, build.output);
    process.env.NODE_REUSEPORT_ADDON = join(copy, 'build/Release/node_reuseport.node');
    const { status, stdout, stderr } = await runChild(program, { flags: ['--expose-gc'] });
    assert.deepEqual([status, stderr], [0, '']);
    assert.ok(Number(stdout) > 100, `only ${stdout} calls failed`);
  });
});
