// lifetimes.test — nothing is used after it is freed, and nothing stays: garbage collection, workers, class constructors.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Arena, Poller } from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { countOpen } from './lab/descriptors.mjs';

test('arrays outlive the arena they belong to, and memory and descriptor go with the last of them', async () => {
  const { status, stdout, stderr } = await runChild(
    `
    import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
    const mapped = () => readFileSync('/proc/self/maps', 'utf8').split('node-reuseport arena').length - 1;
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    async function collect(until) {
      for (let i = 0; i < 20 && !until(); i++) { global.gc(); await turn(); }
    }
    // In functions: a variable of the module would keep what it held last.
    function make() {
      const parts = [];
      for (let i = 0; i < 20; i++) {
        const arena = new reuseport.Arena({ ring: 2, parked: i, records: 1 + i });
        arena.attach(new Uint8Array(10));
        parts.push(arena.memory, arena.replies, arena.outbox, arena.records, arena.header, arena.receive, arena.send);
      }
      return parts;
    }
    function use(parts) {
      for (const part of parts) {
        if (typeof part === 'function') assert.ok(part(-1, 0) <= 0);
        else { part.fill(0x7f); assert.equal(part.at(-1) & 0x7f, 0x7f); }
      }
    }
    const held = { parts: make() };
    await collect(() => false);
    use(held.parts);
    assert.equal(mapped(), 20);
    held.parts = held.parts.filter((_, index) => index % 7 === Math.floor(index / 7) % 7); // each by another of its seven
    await collect(() => false);
    assert.equal(mapped(), 20);
    use(held.parts);
    held.parts = null;
    await collect(() => mapped() === 0);
    assert.equal(mapped(), 0);
    console.log('collected');`,
    { flags: ['--expose-gc'] },
  );
  assert.deepEqual([status, stdout], [0, 'collected\n'], stderr);
});

test('a closed poller is collected with all it held', async () => {
  const { status, stderr } = await runChild(
    `
    let left = 50;
    const registry = new FinalizationRegistry(() => left--);
    for (let i = 0; i < 50; i++) {
      const poller = new reuseport.Poller(() => {});
      registry.register(poller, i);
      poller.close();
    }
    for (let i = 0; i < 200 && left > 0; i++) { global.gc(); await new Promise((resolve) => setImmediate(resolve)); }
    assert.ok(left <= 1, left + ' pollers are still held');`,
    { flags: ['--expose-gc'] },
  );
  assert.equal(status, 0, stderr);
});

// What each worker does when its arena and poller are at work; the first waits for its end in the loop.
const endings = {
  'is terminated while it waits': '',
  'is terminated within a callback': 'for (;;);',
  'exits within a callback': 'process.exit(0);',
  'throws within a callback': 'throw new Error("on purpose");',
  'closes the poller within a callback and ends': 'poller.close(); process.exit(0);',
};

for (const [ending, code] of Object.entries(endings)) {
  test(`a worker that ${ending} leaves nothing open`, async () => {
    const count = () => ['socket', 'eventpoll', 'memfd'].map(countOpen);
    const before = count();
    for (let i = 0; i < 3; i++) {
      const worker = startWorker(code);
      worker.on('error', ({ message }) => assert.equal(message, 'on purpose'));
      await once(worker, 'message');
      // Not once(): it gives up at an error, and the exit may be told in the same breath.
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      if (ending.includes('terminated')) await worker.terminate();
      else worker.postMessage('go');
      await ended;
    }
    assert.deepEqual(count(), before);
  });
}

test('a process whose only user of the package is a worker survives the end of the worker', async () => {
  const { status, stderr } = await runChild(
    `import { Worker } from 'node:worker_threads';
    const source = "Promise.all([import('node:worker_threads'), import('node-reuseport')]).then(" +
      "([{ parentPort }, { Arena, Poller }]) => { new Arena({}); new Poller(() => {}); parentPort.postMessage(1); })";
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }`,
    { imports: '' },
  );
  assert.equal(status, 0, stderr);
});

test('classes are for new only, and their methods for their own objects only', () => {
  const poller = new Poller(() => {});
  poller.close();
  // A closed poller wraps nothing: had Arena taken it, the methods of Poller would take an arena for a poller.
  assert.throws(() => Arena.call(poller, {}), { name: 'TypeError', message: /expected new/ });
  assert.throws(() => Poller.call({}, () => {}), { name: 'TypeError', message: /expected new/ });
  const arena = new Arena({});
  assert.throws(() => Poller.prototype.close.call(arena), { name: 'TypeError' });
  assert.throws(() => Poller.prototype.add.call(arena, 1 << 30, 1, 1), { name: 'TypeError' });
  assert.throws(() => Poller.prototype.addBusy.call(arena, 1 << 30, 1), { name: 'TypeError' });
  assert.throws(() => Arena.prototype.markCrashes.call(poller, 64), { name: 'TypeError' });
  assert.throws(() => Arena.prototype.attach.call({}, new Uint8Array(1)), { name: 'TypeError' });
  const mixed = Reflect.construct(Arena, [{}], Poller);
  assert.throws(() => mixed.add(1 << 30, 1, 1), { name: 'TypeError' });
});

test('a subclass whose setter throws while the object is made leaves nothing open', async () => {
  class Touchy extends Poller {
    set events(_) {
      throw new Error('not this one');
    }
  }
  const closings = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  await closings();
  const before = countOpen('eventpoll');
  for (let i = 0; i < 5; i++) assert.throws(() => new Touchy(() => {}), /not this one/);
  await closings();
  assert.equal(countOpen('eventpoll'), before);
});

// ---------------------------------------------------------------------------------------------------------------------

/** Posts a message when a callback is certain to come; the callback waits for none, the others do. */
function startWorker(onReady) {
  const source = `
    const { parentPort } = require('node:worker_threads');
    import('node-reuseport').then(({ Arena, Poller, READABLE, bindUdp, connectUdp, describe, write, close }) => {
      const arena = new Arena({});
      arena.attach(new Uint8Array(100));
      const fd = bindUdp({ address: '127.0.0.1', port: 0 });
      const client = connectUdp({ address: '127.0.0.1', port: describe(fd).port });
      process.once('exit', () => { close(fd); close(client); });
      const poller = new Poller(() => {
        arena.receive(fd);
        ${onReady.startsWith('for') ? "parentPort.postMessage('ready'); close(fd); close(client);" : ''}
        ${onReady}
      });
      poller.addBusy(fd, 1);
      poller.add(client, READABLE, 2);
      parentPort.once('message', () => write(client, new Uint8Array(1), 0, 1));
      ${onReady.startsWith('for') ? 'write(client, new Uint8Array(1), 0, 1);' : "parentPort.postMessage('ready');"}
      ${onReady === '' ? 'close(fd); close(client);' : ''}
    });`;
  return new Worker(source, { eval: true });
}
