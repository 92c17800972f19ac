// relinquish.test — of a connection another process has taken, what was asked stays in the arena for a while; until it is gone
// nothing else may have the connection's record, or a client would get another one's answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { mapMemory } from 'node-reuseport';
import { readLayout } from '../../ha/layout.ts';
import { unanswered } from '../../ha/replay.ts';
import { CONNECTION_TAG } from '../../src/listen/journal.ts';
import type { Protection } from '../../src/listen/protection.ts';
import { startLab } from '../lab/resolver.ts';
import { Gate, plain } from '../lab/scripts.ts';
import { buildQuery } from '../lab/wire.ts';

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

test('the record of a connection that was taken names no other while queries of it are in the arena', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)] });
  const { arenaFd, tcp, counters } = lab.resolver;
  const memory = mapMemory(arenaFd);
  const named = () => unanswered(memory, readLayout(memory)!).map(({ tag }) => tag - CONNECTION_TAG);
  let taken = false;
  const twin: Protection = {
    channel: -1,
    announcement: () => new Uint8Array(0),
    tell: () => true,
    whenReady() {},
    keep: () => true,
    taken: () => taken,
  };
  tcp.protect(twin);
  const [asking, idle] = [await lab.tcp(), await lab.tcp()];
  await until(() => tcp.connections === 2);
  tcp.protect(twin); // tells of both
  asking.send(buildQuery({ name: 'waits.example' }));
  await until(() => named().length === 1);
  const [record] = named();
  taken = true;
  tcp.lost();
  taken = false;
  assert.equal(counters.events.tcpRelinquished, 2);
  gate.open();
  await until(() => lab.resolver.status().inFlight === 0);
  assert.deepEqual(named(), [record]);
  const free = new Set<number>();
  for (let one = tcp.records.take(); one >= 0; one = tcp.records.take()) free.add(one);
  assert.ok(!free.has(record!));
  assert.equal(free.size, 2047); // that of the idle connection names nothing
  lab.clock.skip(4);
  await until(() => named().length === 0);
  assert.equal(tcp.records.take(), record);
  for (const client of [asking, idle]) client.close();
});
