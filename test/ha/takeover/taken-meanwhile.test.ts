// taken-meanwhile.test — whoever takes the connections of another process may lose them, and its own, while it is at it: what was
// asked on them is in its memory by then, for whoever has them next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Arena, mapMemory } from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import type { Message } from '../../../ha/link/protocol.ts';
import { HeldConnections } from '../../../ha/peers/held-connections.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { Guard } from '../../../ha/takeover/backup-peer.ts';
import { inherit } from '../../../ha/takeover/takeover.ts';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { CONNECTION_TAG, EPOCH, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { readLayout } from '../../../src/handover/layout.ts';
import { deaf } from '../../lab/deaf.ts';
import { estateOf } from '../../lab/estate.ts';
import { openChannel } from '../../lab/open-channel.ts';
import { startLab } from '../../lab/resolver.ts';
import { Gate, plain } from '../../lab/scripts.ts';
import { buildQuery } from '../../lab/wire.ts';

const CLIENTS = 5;

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

test('what is asked on connections that are taken on the way is not forgotten', async (t) => {
  const gate = new Gate();
  t.after(() => gate.open());
  const upstreams = [gate.before(plain)];
  const [stuck, taker] = [await startLab(t, { upstreams }), await startLab(t, { upstreams })];
  const { told, channel } = openChannel(t);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => stuck.tcp()));
  await until(() => stuck.resolver.tcp.connections === CLIENTS);
  stuck.resolver.tcp.protect(new Guard(new Peer(channel, {} as Message), stuck.resolver.journal, () => true));
  assert.equal(told.length, CLIENTS);
  for (const client of clients) client.send(buildQuery({ name: 'waits.example' }));
  const openOf = ({ resolver }: typeof stuck) => {
    const memory = mapMemory(resolver.arenaFd);
    return unanswered(memory, readLayout(memory)!).filter(({ tag }) => tag >= CONNECTION_TAG);
  };
  await until(() => openOf(stuck).length === CLIENTS);
  const connections = new HeldConnections();
  const byRecord = openOf(stuck).sort((a, b) => a.tag - b.tag); // as they were told of
  for (const [i, query] of byRecord.entries()) {
    const record = query.tag - CONNECTION_TAG;
    connections.hold(record, stuck.resolver.tcp.records.generation(record), told[i]!);
  }
  const estate = estateOf('primary', { fd: stuck.resolver.arenaFd }, { connections });
  t.after(() => estate.close());

  // Whoever is told of the first of them thinks the taker stuck at once.
  const { tcp, journal, counters } = taker.resolver;
  const epoch = journal.header[EPOCH];
  let known = 0;
  tcp.protect({
    ...deaf,
    tell() {
      assert.equal(openOf(taker).length, CLIENTS, 'whoever takes it finds all that is asked');
      return ++known > 0;
    },
    taken: () => known > 0 && journal.header[EPOCH] === epoch,
  });
  // The last of it is what its process may have died of: that is asked by itself, and still before anything is told.
  stuck.resolver.journal.takeSlot(openOf(stuck).at(-1)!.place);
  const { mock } = t.mock.method(journal, 'beat');
  inherit(estate, taker.resolver, 'unsure');
  assert.ok(
    mock.callCount() >= 2 * CLIENTS,
    'it shows that it is at work, with each connection and each query',
  );
  tcp.lost();
  assert.deepEqual([known, counters.events.tcpRelinquished], [CLIENTS, CLIENTS]);
  assert.equal(openOf(taker).length, CLIENTS);
  for (const client of clients) client.close();
});

test('of three processes two may be stopped: both find that the third has taken their connections', () => {
  const arena = () => new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const memory = arena();
  const peer = new Peer({ fd: -1 } as Channel, {} as Message);
  peer.hold(estateOf('secondary', memory));
  const taker = new Journal(memory);
  const journals = [new Journal(arena()), new Journal(arena())];
  const guards = journals.map((journal) => new Guard(peer, journal, () => true));
  const found = () => guards.map((guard) => guard.taken());
  assert.deepEqual(found(), [false, false]);
  for (const { header } of journals) taker.take(header[EPOCH]!);
  assert.deepEqual(found(), [true, true]);
  taker.take(journals[0]!.header[EPOCH]!); // looked at again: nobody is forgotten for that
  assert.deepEqual(found(), [true, true]);
  journals[0]!.header[EPOCH]!++;
  assert.deepEqual(found(), [false, true]);
});
