// busy.test — a connection is gone on with although its process is stopped while it writes to it, if and only if nothing
// more can come of that.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ADDRESS_BYTES,
  Arena,
  accept,
  close,
  describe,
  discard,
  listenTcp,
  monotonicMs,
  peek,
  write,
} from 'node-reuseport';
import { trap } from '../../chaos/syscall-trap.ts';
import { inherit } from '../../ha/inherit.ts';
import { slots } from '../../src/config.ts';
import { startDemoUpstream } from '../../src/demo/upstream.ts';
import { ConnectionRecords, RECORDS_BYTES } from '../../src/listen/connection-records.ts';
import { BUSY, Journal, WRITING } from '../../src/listen/journal.ts';
import { TcpClient } from '../lab/client.ts';
import { estateOf } from '../lab/estate.ts';
import { freePort } from '../lab/free-port.ts';
import { idleProcess } from '../lab/idle-process.ts';
import { startInstance } from '../lab/instance.ts';
import { startLab } from '../lab/resolver.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, frame } from '../lab/wire.ts';

/** What becomes of the connection of a process that was busy with it and had planned to write 40 bytes. */
async function left(
  t: TestContext,
  { stopped = true, step = 'write', bytes = 40, planned = true, discarded = 30 },
): Promise<'taken' | 'left'> {
  const { resolver } = await startLab(t);
  let told = 0;
  const tell = () => ++told > 0;
  resolver.tcp.protect({
    channel: -1,
    announcement: () => new Uint8Array(0),
    tell,
    whenReady() {},
    keep: () => true,
    taken: () => false,
    tookInVain: () => false,
    takeBack() {},
  });
  const process = await idleProcess(t);
  if (stopped) await process.stop();
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  new Journal(arena).beat(monotonicMs() - 1000);
  const records = new ConnectionRecords(arena.records);
  const estate = estateOf('primary', arena, process);
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = await TcpClient.open({ address: '127.0.0.1', port: describe(listener).port });
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  records.take(); // so that ours is not 0
  const record = records.take();
  records.open(record, 0);
  if (planned) records.plan(record, 0, 40);
  write(fd, new Uint8Array(bytes), 0, bytes);
  estate.connections.hold(record, records.generation(record), fd);
  arena.header[BUSY] = record + 1;
  arena.header[WRITING] = { write: record + 1, discard: -(record + 1), else: 0 }[step]!;
  if (step === 'discard') {
    client.raw(new Uint8Array(60));
    while (peek(fd, new Uint8Array(60), 0, 60) < 60) await pause(1);
    records.planDiscard(record, 30);
    discard(fd, discarded);
  }
  const found = inherit(estate, resolver, 'unsure');
  assert.equal(found.connections, found.left === record ? 0 : 1);
  assert.equal(told, found.connections, 'whoever could go on with what was taken is told of it at once');
  t.after(() => {
    client.close();
    estate.connections.close();
    estate.close();
  });
  return found.left === record ? 'left' : 'taken';
}

test('a stopped process that has written all it planned to looks before it does more: its connection is taken', async (t) => {
  assert.equal(await left(t, {}), 'taken');
});

test('one that has not written all of it may still do so: its connection is left', async (t) => {
  assert.equal(await left(t, { bytes: 39 }), 'left');
});

test('one that is busy with something else than a write is left its connection', async (t) => {
  assert.equal(await left(t, { step: 'else' }), 'left');
});

test('one that has discarded the queries it has answered looks, too, before it does more', async (t) => {
  assert.equal(await left(t, { step: 'discard' }), 'taken');
});

test('one that is about to discard them is left its connection', async (t) => {
  assert.equal(await left(t, { step: 'discard', discarded: 0 }), 'left');
});

test('one that has planned nothing yet is left its connection', async (t) => {
  assert.equal(await left(t, { planned: false }), 'left');
});

test('one that is not stopped is left its connection: the kernel may be writing for it', async (t) => {
  assert.equal(await left(t, { stopped: false }), 'left');
});

test('stopped right behind its write, an instance loses its connection at once and touches it no more', async (t) => {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const flags = [`--port=${port}`, dns, '--upstream=/dev/null'];
  const start = (slot: string) => startInstance(t, [...flags, `--slot=${slot}`]);
  const instances = { primary: await start('primary'), secondary: await start('secondary') };
  await instances.primary.program.says(/twin found/);
  const client = await TcpClient.open({ address: '127.0.0.1', port });
  t.after(() => client.close());
  const known = 'kubernetes.default.svc.cluster.local';
  const answered = async (id: number) => {
    // Answers that were written before may come once more.
    for (;;) {
      const answer = (await client.next()).readUInt16BE(0);
      if (answer === id) return;
      assert.ok(answer < id);
    }
  };
  const ask = async (id: number) => {
    client.send(buildQuery({ id, name: known }));
    await answered(id);
  };
  await ask(1);
  for (const slot of slots) {
    if ((await instances[slot].status()).tcpConnections === 0) continue;
    const victim = instances[slot];
    let caught = false;
    const trapped = trap(victim.program.pid, 'sendto', 1).finally(() => {
      caught = true;
    });
    let id = 2;
    let slowest = 0;
    // The one behind whose answer it is caught is answered, the next one by the twin.
    for (let further = 2; further > 0; id++, further -= caught ? 1 : 0)
      slowest = Math.max(slowest, (await timed(ask(id))).ms);
    const { outcome, release } = await trapped;
    assert.equal(outcome, 'caught');
    assert.ok(slowest < 500, `${slowest} ms`);
    // What it would still have taken out of the connection, had it not looked, is no longer what it answered.
    const bytes = frame(buildQuery({ id, name: known }));
    await client.chunk(bytes.subarray(0, 9));
    release();
    while ((await victim.status()).tcpConnections > 0) await pause(10);
    await client.chunk(bytes.subarray(9));
    await answered(id);
    return;
  }
  assert.fail('nobody has the connection');
});
