// arena-full.test — with no cell left for one more waiting query, queries are answered all the same; that nobody would go on
// with them is counted, and how many may wait has a limit.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CELL_ADDRESS, CELL_ADDRESS_LENGTH, CELL_LENGTH, CELL_PAYLOAD, mapMemory } from 'node-reuseport';
import { unanswered } from '../../ha/takeover/unanswered.ts';
import { readLayout } from '../../src/handover/layout.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { type LabOptions, startLab } from '../lab/resolver.ts';
import { Gate, replying, silent } from '../lab/scripts.ts';
import { buildQuery, questionOf, rcodes } from '../lab/wire.ts';

async function startFull(t: TestContext, options: LabOptions) {
  const lab = await startLab(t, options);
  const { parking } = lab.table.context;
  while (parking.take(0, 0) >= 0);
  const { events } = lab.resolver.counters;
  return { lab, events };
}

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

/** An address that tells which name it belongs to. */
const addressOf = (n: number) => `192.0.${n >> 8}.${n & 255}`;
const numbered = replying(({ name }) => ({
  answer: [a(addressOf(Number(/\d+/.exec(name.toString('latin1'))?.[0])))],
}));

test('queries that find no cell are answered, each its asker, by their own answers', async (t) => {
  const gate = new Gate();
  const { lab, events } = await startFull(t, { upstreams: [gate.before(numbered)] });
  const asked = Array.from({ length: 200 }, async (_, i) => {
    const n = i % 150; // some ask for the same
    const reply = await lab.ask({ id: 500 + i, name: `n${n}.example` });
    assert.deepEqual([reply.id, addresses(reply)], [500 + i, [addressOf(n)]]);
  });
  await until(() => events.unprotectedQueries === 200);
  gate.open();
  await Promise.all(asked);
});

test('so are those that came by TCP, whatever other clients send meanwhile', async (t) => {
  const gate = new Gate();
  const { lab, events } = await startFull(t, { upstreams: [gate.before(numbered)] });
  const clients = await Promise.all([1, 2, 3].map(() => lab.tcp()));
  for (const [n, client] of clients.entries()) {
    client.send(buildQuery({ id: 700 + n, name: `n${n}.example` }));
    await until(() => events.unprotectedQueries === n + 1);
  }
  gate.open();
  for (const [n, client] of clients.entries()) {
    const reply = parseMessage(await client.next());
    assert.deepEqual([reply.id, addresses(reply)], [700 + n, [addressOf(n)]]);
    assert.deepEqual(reply.question, questionOf(buildQuery({ name: `n${n}.example` })));
  }
});

test('a query taken over from another process that finds no cell is answered and leaves no mark', async (t) => {
  const gate = new Gate();
  const { lab, events } = await startFull(t, { upstreams: [gate.before(numbered)] });
  const { arena } = lab.table.context;
  const client = await lab.udp();
  const query = buildQuery({ id: 9, name: 'n7.example' });
  // It had been tried before, and is marked so where it is answered from.
  const cell = cellOf(query, client.port);
  lab.handover.replay({ place: 0, cell, length: query.length, tag: 0, triedBefore: true }, 'suspect');
  await until(() => events.unprotectedQueries === 1);
  gate.open();
  const reply = parseMessage(await client.next());
  assert.deepEqual([reply.id, addresses(reply)], [9, [addressOf(7)]]);
  const memory = mapMemory(lab.handover.arenaFd);
  const left = unanswered(memory, readLayout(memory)!)
    .filter(({ place }) => place >= arena.ring)
    .flatMap((found) => found.copy() ?? []);
  assert.deepEqual(left, []);
});

/** As a datagram of a client on this machine lies in an arena. */
function cellOf(query: Uint8Array, port: number): Uint8Array {
  const cell = Buffer.alloc(CELL_PAYLOAD + query.length + 8);
  cell.writeInt32LE(query.length, 4 * CELL_LENGTH);
  cell.writeInt32LE(16, 4 * CELL_ADDRESS_LENGTH);
  cell.set([2, 0, port >> 8, port & 255, 127, 0, 0, 1], CELL_ADDRESS);
  cell.set(query, CELL_PAYLOAD);
  return cell;
}

test('those that wait without a cell are limited like all others; beyond, askers are told to try elsewhere', async (t) => {
  const { lab, events } = await startFull(t, { upstreams: [silent], waitingBytes: 1 << 18 });
  const client = await lab.udp();
  for (let id = 0; id < 300; id++) client.send(buildQuery({ id, name: `n${id}.example` }));
  await until(() => events.datagrams === 300);
  const refused = parseMessage(await client.next());
  assert.equal(refused.rcode, rcodes.SERVFAIL);
  assert.ok(events.unprotectedQueries > 50);
  assert.equal(events.unprotectedQueries + events.maxConcurrentRejects, 300);
});
