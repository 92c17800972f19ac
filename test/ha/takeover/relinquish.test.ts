// relinquish.test — what becomes of a process's connections when another has taken them: no client gets another one's answers,
// and those that nobody else can have are served on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESS_BYTES, Arena, accept, close, describe, listenTcp, mapMemory, write } from 'node-reuseport';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { CONNECTION_TAG, EPOCH, TAKEN } from '../../../src/handover/arena-words.ts';
import { readLayout } from '../../../src/handover/layout.ts';
import type { ConnectionTable } from '../../../src/listen/connection-table.ts';
import { TcpClient } from '../../lab/client.ts';
import { deaf } from '../../lab/deaf.ts';
import { openChannel } from '../../lab/open-channel.ts';
import { startLab } from '../../lab/resolver.ts';
import { Gate, plain } from '../../lab/scripts.ts';
import { buildQuery, frame } from '../../lab/wire.ts';

/** Connections of one source that are accepted. */
const PER_SOURCE = 256;

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

/** A client whose connection another process has accepted. */
async function adopted(table: ConnectionTable): Promise<TcpClient> {
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = await TcpClient.open({ address: '127.0.0.1', port: describe(listener).port });
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  table.adopt(fd, { written: 0, backlog: undefined });
  return client;
}

test('the record of a connection that was taken names no other while queries of it are in the arena', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)] });
  const { table, handover } = lab;
  const { arenaFd, events } = handover;
  const memory = mapMemory(arenaFd);
  const named = () => unanswered(memory, readLayout(memory)!).map(({ tag }) => tag - CONNECTION_TAG);
  let taken = false;
  const twin = { ...deaf, tell: () => true, taken: () => taken };
  table.backUp(twin);
  const [asking, idle] = [await lab.tcp(), await lab.tcp()];
  await until(() => table.count === 2);
  table.backUp(twin); // tells of both
  asking.send(buildQuery({ name: 'waits.example' }));
  await until(() => named().length === 1);
  const [record] = named();
  taken = true;
  table.lost();
  taken = false;
  assert.equal(events.tcpRelinquished, 2);
  gate.open();
  await until(() => lab.resolver.status().inFlight === 0);
  assert.deepEqual(named(), [record]);
  const free = new Set<number>();
  for (let one = table.records.take(); one >= 0; one = table.records.take()) free.add(one);
  assert.ok(!free.has(record!));
  assert.equal(free.size, 2047); // that of the idle connection names nothing
  lab.clock.skip(4);
  await until(() => named().length === 0);
  assert.equal(table.records.take(), record);
  for (const client of [asking, idle]) client.close();
});

for (const way of ['accepted', 'adopted'] as const) {
  test(`a connection ${way} after others were taken is not let go of with them`, async (t) => {
    const lab = await startLab(t);
    const { table, handover } = lab;
    const { journal, events } = handover;
    let taken = 0;
    const atOnce = { tell: () => true, whenReady: (tell: () => void) => tell() };
    table.backUp({ ...deaf, ...atOnce, taken: () => journal.header[EPOCH] === taken });
    const before = await lab.tcp();
    await until(() => table.count === 1);
    taken = journal.header[EPOCH]!;
    const client = way === 'accepted' ? await lab.tcp() : await adopted(table);
    await until(() => events.tcpRelinquished > 0);
    client.send(buildQuery({ id: 7, name: 'known.example' }));
    assert.equal((await client.next()).readUInt16BE(0), 7);
    assert.deepEqual([table.count, events.tcpRelinquished], [1, 1]);
    for (const one of [before, client]) one.close();
  });
}

for (const kind of ['that the other could not be told of', 'without a record'] as const) {
  test(`a connection ${kind} gets its own answers when connections are taken just before they are written`, async (t) => {
    const lab = await startLab(t);
    const { table, handover } = lab;
    const { journal, events } = handover;
    let armed = false;
    const taken = () => {
      // Not when it is asked before the query is read, but when the answer is about to be written.
      const now = armed && lab.resolver.status().answers > 2;
      if (now) armed = false;
      return now;
    };
    table.backUp({ ...deaf, taken });
    if (kind === 'without a record') while (table.records.take() >= 0);
    const [alice, bob] = [await lab.tcp(), await lab.tcp()];
    for (const client of [alice, bob]) {
      client.send(buildQuery({ id: 1, name: 'known.example' }));
      assert.equal((await client.next()).readUInt16BE(0), 1);
    }
    const epoch = journal.header[EPOCH]!;
    armed = true;
    // Both in one turn of the loop: they share the memory answers are composed in.
    alice.send(buildQuery({ id: 2, name: 'known.example' }));
    bob.send(buildQuery({ id: 3, name: 'known.example' }));
    assert.equal((await alice.next()).readUInt16BE(0), 2);
    assert.equal((await bob.next()).readUInt16BE(0), 3);
    assert.deepEqual([journal.header[EPOCH], events.tcpRelinquished], [epoch + 1, 0]);
  });
}

test('who leaves stays until its twin has heard of every connection, and not for one that hears nothing', async (t) => {
  for (const channel of [0, -1]) {
    const lab = await startLab(t, { config: { drainTimeout: 5000 } });
    const { table } = lab;
    let room = 1;
    table.backUp({ ...deaf, channel, tell: () => --room >= 0 });
    const clients = await Promise.all([adopted(table), adopted(table), adopted(table)]);
    let ended = false;
    const end = lab.resolver.stop('taken').then(() => {
      ended = true;
    });
    if (channel >= 0) {
      await pause(50);
      assert.deepEqual([ended, table.untold], [false, 2]);
      room = 2;
    }
    await end;
    assert.equal(table.untold, channel >= 0 ? 0 : 2);
    for (const client of clients) client.close();
  }
});

for (const kind of ['told of', 'that the other could not be told of', 'without a record'] as const) {
  const kept = kind !== 'told of';
  test(`when connections are found taken only as an answer is written, one ${kind} is ${kept ? 'served on' : 'let go of, untouched'}`, async (t) => {
    const lab = await startLab(t);
    const { table, handover } = lab;
    const { journal, events } = handover;
    const taker = new Arena({ ring: 1 });
    // It is looked for before as well; this is about what comes in between.
    table.backUp({ ...deaf, memory: taker.fd, tell: () => !kept, whenReady: (tell) => !kept && tell() });
    if (kind === 'without a record') while (table.records.take() >= 0);
    const client = await lab.tcp();
    client.send(buildQuery({ id: 1, name: 'known.example' }));
    assert.equal((await client.next()).readUInt16BE(0), 1);
    assert.equal(table.untold, kind === 'that the other could not be told of' ? 1 : 0);
    const epoch = journal.header[EPOCH]!;
    taker.header[TAKEN] = epoch;
    client.send(buildQuery({ id: 2, name: 'known.example' }));
    if (kept) assert.equal((await client.next()).readUInt16BE(0), 2);
    else await assert.rejects(client.next(), /closed the connection|ECONNRESET/); // nobody has it in this test
    assert.deepEqual(
      [journal.header[EPOCH], table.count, events.tcpRelinquished],
      kept ? [epoch + 1, 1, 0] : [epoch + 1, 0, 1],
    );
  });
}

test('a connection beyond the limits stays with the taker that took those of which one should make room', async (t) => {
  const lab = await startLab(t);
  const { table, handover } = lab;
  const { journal, events } = handover;
  const { near, told, hear } = openChannel(t);
  const bytes = new Uint8Array(1);
  let [last, taken] = [false, -1];
  table.backUp({
    ...deaf,
    channel: near,
    announcement() {
      hear(); // of those before
      if (last) taken = journal.header[EPOCH]!;
      last = false;
      return bytes;
    },
    taken: () => journal.header[EPOCH] === taken,
  });
  const clients = [];
  for (let i = 0; i < PER_SOURCE; i++) clients.push(await lab.tcp('127.0.0.9'));
  await until(() => table.count === PER_SOURCE);
  last = true;
  clients.push(await lab.tcp('127.0.0.9'));
  await until(() => events.tcpRelinquished === PER_SOURCE + 1);
  hear();
  assert.deepEqual([told.length, table.count], [PER_SOURCE + 1, 0]);
  write(told.at(-1)!, frame(buildQuery({ id: 9 })), 0, frame(buildQuery({ id: 9 })).length);
  assert.equal((await clients.at(-1)!.next()).readUInt16BE(0), 9);
  for (const fd of told) close(fd);
  for (const client of clients) client.close();
});
