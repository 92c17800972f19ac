// long-queries.test — queries longer than a cell of the arena are answered: what they have more are options, which nobody needs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CELL_ADDRESS, CELL_ADDRESS_LENGTH, CELL_LENGTH, CELL_PAYLOAD, mapMemory } from 'node-reuseport';
import { unanswered } from '../../ha/takeover/unanswered.ts';
import { readLayout } from '../../src/handover/layout.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { manyAddresses } from '../lab/records.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { cutting, Gate, plain } from '../lab/scripts.ts';
import { buildQuery, options, rcodes, types, words } from '../lab/wire.ts';

/** A query of that many bytes, most of which are an option. */
function longQuery(bytes: number, name = 'long.example', code: number = options.PADDING): Buffer {
  const query = (length: number) =>
    buildQuery({
      id: 77,
      name,
      edns: { size: 4096, do: true, options: [{ code, data: Buffer.alloc(length) }] },
    });
  return query(bytes - query(0).length);
}

for (const bytes of [1232, 1233, 1279, 1280, 1281, 2000, 4096, 9000]) {
  test(`a query of ${bytes} bytes is answered, whole`, async (t) => {
    const lab = await startLab(t, { upstreams: [cutting({ answer: manyAddresses(150) })] });
    for (const code of [options.PADDING, 65_001]) {
      const query = longQuery(bytes, 'long.example', code);
      assert.equal(query.length, bytes);
      const reply = await lab.ask(query);
      assert.deepEqual([reply.rcode, reply.tc, reply.answer.length], [rcodes.NOERROR, false, 150]);
      assert.deepEqual([reply.edns?.do, reply.edns?.options], [true, []]);
    }
    assert.equal(lab.resolver.counters.events.readyAnswers, 0);
  });
}

test('the same over TCP', async (t) => {
  const lab = await startLab(t);
  assert.deepEqual(addresses(await lab.ask(longQuery(5000), 'tcp')), ['192.0.2.1']);
});

test('a short query of the same name is another one', async (t) => {
  const lab = await startLab(t);
  for (let i = 0; i < 3; i++) await lab.ask(longQuery(3000));
  const short = buildQuery({ name: 'long.example' });
  for (let i = 0; i < 3; i++) assert.equal((await lab.ask(short)).edns, undefined);
  assert.equal((await lab.ask(longQuery(3000))).edns?.do, true);
});

test('what is cut where it says something is refused', async (t) => {
  const lab = await startLab(t);
  const plainQuery = buildQuery({ name: 'long.example' });
  const txt = Buffer.concat([Buffer.of(0), words(types.TXT, 1, 0, 0, 2000), Buffer.alloc(2000)]);
  const query = Buffer.concat([plainQuery, txt]);
  query.writeUInt16BE(1, 10);
  assert.equal((await lab.ask(query)).rcode, rcodes.FORMERR);
});

/** What lies in an instance's arena, unanswered. */
function left(lab: Lab) {
  const memory = mapMemory(lab.handover.arenaFd);
  return unanswered(memory, readLayout(memory)!).flatMap((found) => found.copy() ?? []);
}

test('one that waits can be answered by the twin, and so can one that was only received', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)] });
  const twin = await startLab(t);
  const asked = lab.ask(longQuery(3000, 'waits.example'));
  while (lab.table.context.parking.used === 0) await new Promise(setImmediate);
  const [parked] = left(lab).filter(({ place }) => place >= lab.table.context.arena.ring);
  assert.ok(parked);
  const client = await twin.udp();
  for (const [id, bytes, length] of [
    [1, parked.cell.subarray(CELL_PAYLOAD), parked.length],
    [2, longQuery(3000).subarray(0, 1280), 3000],
  ] as const) {
    const cell = cellOf(bytes, client.port);
    cell.writeUInt16BE(id, CELL_PAYLOAD);
    twin.handover.replay({ place: 0, cell, length, tag: 0, triedBefore: false }, 'plain');
    const reply = parseMessage(await client.next());
    assert.deepEqual([reply.id, addresses(reply), reply.edns?.do], [id, ['192.0.2.1'], true]);
  }
  const unseen = {
    place: 0,
    cell: cellOf(longQuery(3000), client.port),
    length: 3000,
    tag: 0,
    triedBefore: true,
  };
  twin.handover.replay({ ...unseen, cell: unseen.cell.subarray(0, CELL_PAYLOAD + 1288) }, 'refused');
  assert.equal((await client.next()).readUInt16BE(2) & 15, rcodes.SERVFAIL);
  gate.open();
  assert.deepEqual(addresses(await asked), ['192.0.2.1']);
});

/** As a datagram of a client on this machine lies in an arena. */
function cellOf(kept: Uint8Array, port: number): Buffer {
  const cell = Buffer.alloc(CELL_PAYLOAD + kept.length + 8);
  cell.writeInt32LE(kept.length, 4 * CELL_LENGTH);
  cell.writeInt32LE(16, 4 * CELL_ADDRESS_LENGTH);
  cell.set([2, 0, port >> 8, port & 255, 127, 0, 0, 1], CELL_ADDRESS);
  cell.set(kept, CELL_PAYLOAD);
  return cell;
}
