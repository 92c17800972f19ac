// tcp-fairness.test — clients that take a lot of what there is over TCP leave the others their share.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Service } from '../../src/serve.ts';
import type { TcpClient } from '../lab/client.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { Gate, plain } from '../lab/scripts.ts';
import { buildQuery } from '../lab/wire.ts';

const query = (id: number, name: string) => buildQuery({ id, name });

async function connect(lab: Lab, name: string): Promise<TcpClient> {
  const client = await lab.tcp();
  client.send(query(1, name));
  await client.next();
  return client;
}

test('a client that pipelines cached names by the thousand gets a few answers before another gets one', async (t) => {
  const lab = await startLab(t);
  const [greedy, modest] = [await connect(lab, 'greedy.example'), await connect(lab, 'modest.example')];
  const asked: string[] = [];
  const { answer } = Service.prototype;
  t.mock.method(Service.prototype, 'answer', function (this: Service, ...args: Parameters<typeof answer>) {
    const [, bytes, start, length] = args;
    asked.push(Buffer.from(bytes.subarray(start, start + length)).includes('modest') ? 'modest' : 'greedy');
    answer.apply(this, args);
  });
  greedy.send(...Array.from({ length: 1000 }, (_, id) => query(id, 'greedy.example')));
  modest.send(query(2, 'modest.example'));
  await modest.next();
  for (let i = 0; i < 1000; i++) await greedy.next();
  assert(asked.indexOf('modest') <= 32, `after ${asked.indexOf('modest')}`);
  assert.equal(asked.length, 1001);
});

test('when there are as many connections as there may be, the one idle longest makes room, and none that is waited on', async (t) => {
  const gate = new Gate();
  const isSlow = (name: Buffer) => name.includes('slow');
  const lab = await startLab(t, { upstreams: [gate.before(plain, (asked) => isSlow(asked.name))] });
  const { tcpConnections } = lab.table.context.budget;
  Object.assign(tcpConnections, { most: 8 });
  const slow = await lab.tcp();
  slow.send(query(7, 'slow.example'));
  const idle: TcpClient[] = [];
  for (let i = 0; i < 7; i++) {
    idle.push(await connect(lab, 'quick.example'));
    lab.clock.skip(0.1);
  }
  await connect(lab, 'quick.example'); // the newcomer is answered
  await idle[0]!.closed();
  idle[1]!.send(query(3, 'quick.example'));
  await idle[1]!.next();
  await connect(lab, 'quick.example');
  await idle[2]!.closed();
  assert.deepEqual([tcpConnections.held, tcpConnections.refused], [8, 2]);
  assert.equal(lab.resolver.counters.events.tcpMadeRoom, 2);
  gate.open();
  assert.equal((await slow.next()).readUInt16BE(0), 7);
});

test('a source with all the connections it may keep makes room for itself, by one it has left', async (t) => {
  const lab = await startLab(t);
  const first = await connect(lab, 'quick.example');
  for (let i = 0; i < 255; i++) await lab.tcp(`127.0.${i}.9`);
  lab.clock.skip(1.1);
  await connect(lab, 'quick.example');
  await first.closed();
  assert.equal(lab.table.count, 256);
});

/** Connections of one source that come at once, before a query of any of them. */
async function burst(lab: Lab, connections: number): Promise<TcpClient[]> {
  const { events } = lab.resolver.counters;
  const before = events.tcpAccepted;
  const clients: TcpClient[] = [];
  for (let at = 0; at < connections; at += 50)
    clients.push(...(await Promise.all(Array.from({ length: 50 }, () => lab.tcp()))));
  await until(() => events.tcpAccepted === before + connections);
  return clients;
}

/** A lab whose table is swept when the test says so, however slow the machine is. */
async function unsweptLab(t: TestContext): Promise<{ lab: Lab; sweep: () => void }> {
  const lab = await startLab(t);
  const swept = lab.table.sweep.bind(lab.table);
  t.mock.method(lab.table, 'sweep', () => {});
  return { lab, sweep: () => swept(lab.clock.now()) };
}

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

test('a burst of connections from one source is held until each is answered; then it gives back what it left', async (t) => {
  const { lab, sweep } = await unsweptLab(t);
  const clients = await burst(lab, 800);
  assert.equal(lab.table.count, 800);
  for (const [id, client] of clients.entries()) client.send(query(id, 'burst.example'));
  for (const [id, client] of clients.entries()) assert.equal((await client.next()).readUInt16BE(0), id);
  lab.clock.skip(1.1);
  clients[0]!.send(query(9, 'burst.example')); // in use again
  await clients[0]!.next();
  sweep();
  await clients[1]!.closed();
  await until(() => lab.table.count === 256);
  clients[0]!.send(query(10, 'burst.example'));
  assert.equal((await clients[0]!.next()).readUInt16BE(0), 10);
});

test('no burst gets more than half of all connections', async (t) => {
  const lab = await startLab(t);
  const { tcpConnections } = lab.table.context.budget;
  Object.assign(tcpConnections, { most: 600 });
  await burst(lab, 350);
  assert.equal(lab.table.count, 300);
});

test('a client that opens hundreds of connections, and asks only then, has its answers', async (t) => {
  const { lab, sweep } = await unsweptLab(t);
  const clients = await burst(lab, 400);
  lab.clock.skip(3);
  clients.push(...(await burst(lab, 50)));
  sweep();
  for (const [id, client] of clients.entries()) client.send(query(id, 'late.example'));
  for (const [id, client] of clients.entries()) assert.equal((await client.next()).readUInt16BE(0), id);
});

test('a query that has come is not cut off for another connection, however long we were held up', async (t) => {
  const { lab, sweep } = await unsweptLab(t);
  const clients = await burst(lab, 300);
  for (const client of clients) client.raw(Buffer.of(0)); // half a length: something of a query
  await pause(20);
  lab.clock.skip(5.1);
  await burst(lab, 50);
  sweep();
  assert.equal(lab.table.count, 350);
});

test('a descriptor that is needed for a connection comes from the one idle longest', async (t) => {
  const lab = await startLab(t);
  const [first] = [await connect(lab, 'quick.example'), await connect(lab, 'quick.example')];
  assert.equal(lab.table.giveUpOne(), false); // each was asked on just now
  lab.clock.skip(2);
  assert.equal(lab.table.giveUpOne(), true);
  await first.closed();
  assert.equal(lab.table.count, 1);
  assert.equal(lab.table.giveUpOne(), true);
  assert.equal(lab.table.giveUpOne(), false);
});
