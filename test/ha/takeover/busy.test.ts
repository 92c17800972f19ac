// busy.test — a connection is gone on with although its process may be serving it, if and only if nothing more can come of that:
// it is stopped, and its calls are fenced.

import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESS_BYTES, Arena, accept, close, describe, listenTcp, monotonicMs, write } from 'node-reuseport';
import { trap } from '../../../chaos/host/syscall-trap.ts';
import { HeldConnections } from '../../../ha/peers/held-connections.ts';
import { settleWithheld, takeOver } from '../../../ha/takeover/takeover.ts';
import { type Slot, slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { BUSY, EPOCH, FENCED, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../../src/handover/connection-records.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { TcpClient } from '../../lab/client.ts';
import { deaf } from '../../lab/deaf.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { idleProcess } from '../../lab/idle-process.ts';
import { startInstance } from '../../lab/instance.ts';
import { replaysAtOnce } from '../../lab/replays.ts';
import { startLab } from '../../lab/resolver.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

/** The connection of a process that is silent and was serving it: so many of 40 bytes have been written. */
async function busy(t: TestContext, { stopped = true, fenced = true, bytes = 40 } = {}) {
  const { handover } = await startLab(t);
  let told = 0;
  handover.connections.backUp({ ...deaf, tell: () => ++told > 0 });
  const process = await idleProcess(t);
  if (stopped) await process.stop();
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  new Journal(arena).beat(monotonicMs() - 1000);
  const records = new ConnectionRecords(arena.records);
  const holdings = holdingsOf('primary', arena, process);
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = await TcpClient.open({ address: '127.0.0.1', port: describe(listener).port });
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  records.take(); // so that ours is not 0
  const record = records.take();
  records.open(record, 0);
  records.plan(record, 0, 40);
  write(fd, new Uint8Array(bytes), 0, bytes);
  holdings.connections.hold(record, records.generation(record), fd);
  arena.header[FENCED] = fenced ? 1 : 0;
  arena.header[BUSY] = record + 1;
  const found = takeOver(holdings, handover, 'unsure', replaysAtOnce(handover));
  assert.equal(told, found.connections, 'whoever could go on with what was taken is told of it at once');
  t.after(() => {
    client.close();
    holdings.connections.close();
    holdings.close();
  });
  /** Looks once more; how many connections have been taken by then. */
  const takenLater = () => {
    settleWithheld(holdings, handover, replaysAtOnce(handover));
    return handover.connections.count;
  };
  return {
    arena,
    process,
    taken: found.connections,
    left: holdings.withheldRecord === record ? 1 : 0,
    takenLater,
  };
}

test('the connection a process was serving when it was stopped is taken: its calls are fenced', async (t) => {
  const { taken, left } = await busy(t);
  assert.deepEqual({ taken, left }, { taken: 1, left: 0 });
});

for (const bytes of [0, 1, 39])
  test(`with ${bytes} of 40 bytes written, it is ${bytes === 0 ? 'taken' : 'left to who has the rest'}`, async (t) => {
    const { taken, left, takenLater } = await busy(t, { bytes });
    assert.deepEqual({ taken, left }, bytes === 0 ? { taken: 1, left: 0 } : { taken: 0, left: 1 });
    assert.equal(takenLater(), taken);
  });

test('one whose calls are not fenced may make one when it goes on: its connection is left', async (t) => {
  const { taken, left, takenLater } = await busy(t, { fenced: false });
  assert.deepEqual({ taken, left }, { taken: 0, left: 1 });
  assert.equal(takenLater(), 0);
});

test('one that is not stopped may be in the kernel: its connection is left until it is', async (t) => {
  const { process, taken, left, takenLater } = await busy(t, { stopped: false });
  assert.deepEqual({ taken, left }, { taken: 0, left: 1 });
  assert.equal(takenLater(), 0);
  await process.stop();
  assert.equal(takenLater(), 1);
});

test('one that went on has let go of it since, and serves others: none of them is taken', async (t) => {
  const { arena, process, left, takenLater } = await busy(t, { stopped: false });
  assert.equal(left, 1);
  arena.header[EPOCH]!++;
  await process.stop();
  assert.equal(takenLater(), 0);
});

test('connections are marked as taken from a process that lives; one that is dead needs no mark', async (t) => {
  for (const dead of [false, true]) {
    const { handover } = await startLab(t);
    const process = await idleProcess(t);
    if (dead) await process.kill();
    const connections = new HeldConnections();
    const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
    const { header } = new Journal(arena);
    connections.hold(1, 1, openSync('/dev/null', 'r'));
    const holdings = holdingsOf('primary', arena, { ...process, connections });
    takeOver(holdings, handover, 'unsure', replaysAtOnce(handover));
    assert.equal(handover.journal.hasTaken(header[EPOCH]!), !dead);
    holdings.close();
  }
});

test('held right behind its write and then stopped, an instance loses its connection and touches it no more', async (t) => {
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
  client.send(buildQuery({ id: 1, name: known }));
  await answered(1);
  const serving: Slot[] = [];
  for (const slot of slots) if ((await instances[slot].status()).tcpConnections > 0) serving.push(slot);
  assert.equal(serving.length, 1);
  const victim = instances[serving[0]!].program;
  const twin = instances[serving[0] === 'primary' ? 'secondary' : 'primary'].program;
  let id = 2;
  const trapped = trap(victim.pid, 'sendto', 1);
  const asking = setInterval(() => client.send(buildQuery({ id: id++, name: known })), 10);
  const { outcome, release } = await trapped;
  clearInterval(asking);
  assert.equal(outcome, 'caught');
  client.send(buildQuery({ id, name: known }));
  // Held by its tracer it may be about to make a call: that one connection is left to it, which the log says.
  await twin.says(/"left":1/);
  process.kill(victim.pid, 'SIGSTOP');
  release();
  await answered(id);
  // What it would still take out of the connection, did it not look, is no longer what it has answered.
  const bytes = frame(buildQuery({ id: id + 1, name: known }));
  await client.chunk(bytes.subarray(0, 9));
  process.kill(victim.pid, 'SIGCONT');
  while ((await instances[serving[0]!].status()).tcpConnections > 0) await pause(10);
  await client.chunk(bytes.subarray(9));
  await answered(id + 1);
});
