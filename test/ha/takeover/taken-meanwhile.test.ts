// taken-meanwhile.test — whoever takes the connections of another process may lose them, and its own, while it is at it: what was
// asked on them is in its memory by then, for whoever has them next.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { mapMemory } from 'node-reuseport';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { HeldConnections } from '../../../ha/peers/held-connections.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { BackupPeer } from '../../../ha/takeover/backup-peer.ts';
import { takeOver } from '../../../ha/takeover/takeover.ts';
import { unanswered } from '../../../ha/takeover/unanswered.ts';
import { CONNECTION_TAG, EPOCH } from '../../../src/handover/arena-words.ts';
import { readLayout } from '../../../src/handover/layout.ts';
import { deaf } from '../../lab/deaf.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { openChannel } from '../../lab/open-channel.ts';
import { replaysAtOnce } from '../../lab/replays.ts';
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
  await until(() => stuck.table.count === CLIENTS);
  stuck.table.backUp(
    new BackupPeer(new Peer(channel, { protocol: PROTOCOL_VERSION } as Message), stuck.handover.journal),
  );
  assert.equal(told.length, CLIENTS);
  for (const client of clients) client.send(buildQuery({ name: 'waits.example' }));
  const openOf = ({ resolver }: typeof stuck) => {
    const memory = mapMemory(resolver.handover.arenaFd);
    return unanswered(memory, readLayout(memory)!).filter(({ tag }) => tag >= CONNECTION_TAG);
  };
  await until(() => openOf(stuck).length === CLIENTS);
  const connections = new HeldConnections();
  const byRecord = openOf(stuck).sort((a, b) => a.tag - b.tag); // as they were told of
  for (const [i, query] of byRecord.entries()) {
    const record = query.tag - CONNECTION_TAG;
    connections.hold(record, stuck.table.records.generation(record), told[i]!);
  }
  const holdings = holdingsOf('primary', { fd: stuck.handover.arenaFd }, { connections });
  t.after(() => holdings.close());

  // Whoever is told of the first of them thinks the taker stuck at once.
  const { table, handover } = taker;
  const { journal, events } = handover;
  const epoch = journal.header[EPOCH];
  let known = 0;
  table.backUp({
    ...deaf,
    tell() {
      assert.equal(openOf(taker).length, CLIENTS, 'whoever takes it finds all that is asked');
      return ++known > 0;
    },
    taken: () => known > 0 && journal.header[EPOCH] === epoch,
  });
  // The last of it is what its process may have died of: that is asked by itself, and still before anything is told.
  stuck.handover.journal.takeCell(openOf(stuck).at(-1)!.place);
  const { mock } = t.mock.method(journal, 'beat');
  takeOver(holdings, handover, 'unsure', replaysAtOnce(handover));
  assert.ok(
    mock.callCount() >= 2 * CLIENTS,
    'it shows that it is at work, with each connection and each query',
  );
  table.lost();
  assert.deepEqual([known, events.tcpRelinquished], [CLIENTS, CLIENTS]);
  assert.equal(openOf(taker).length, CLIENTS);
  for (const client of clients) client.close();
});
