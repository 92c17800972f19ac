// taken-back.test — connections that another process had taken from us, and died before it was done with that: we go on with them,
// and with what is asked on them.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Arena, close } from 'node-reuseport';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { BackupPeer } from '../../../ha/takeover/backup-peer.ts';
import { Custody } from '../../../ha/takeover/custody.ts';
import { EPOCH, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../../src/handover/connection-records.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { idleProcess } from '../../lab/idle-process.ts';
import { openChannel } from '../../lab/open-channel.ts';
import { silentLog, startLab } from '../../lab/resolver.ts';
import { Gate, plain } from '../../lab/scripts.ts';
import { buildQuery } from '../../lab/wire.ts';

async function until(ready: () => boolean): Promise<void> {
  for (let waited = 0; !ready(); waited += 5) {
    assert.ok(waited < 5000, `${ready} is not true after 5 s`);
    await pause(5);
  }
}

/**
 * Two clients, one of which waits for its answer; their connections have been taken by a process that is dead.
 * @param isCut its channel had ended before it took them
 */
async function taken(t: TestContext, { tellsBack = false, isCut = false }) {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain, ({ name }) => name.includes('waits'))] });
  const { table, handover } = lab;
  const { journal, events } = handover;
  const custody = new Custody(silentLog, () => undefined);
  custody.start(handover);
  t.after(() => custody.stop());
  const { told, channel } = openChannel(t);
  const taker = await idleProcess(t);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const records = new ConnectionRecords(arena.records);
  const peer = new Peer(channel, { protocol: PROTOCOL_VERSION } as Message);
  const holdings = holdingsOf('secondary', arena, { connections: peer.connections, stateFd: taker.stateFd });
  peer.hold(holdings);
  const [asking, idle] = [await lab.tcp(), await lab.tcp()];
  await until(() => table.count === 2);
  const backup = new BackupPeer(peer, journal);
  table.backUp(backup);
  assert.equal(told.length, 2);
  asking.send(buildQuery({ id: 1, name: 'waits.example' }));
  await until(() => lab.resolver.status().inFlight === 1);

  const end = () => {
    backup.gone();
    custody.gone(holdings, peer);
  };
  if (isCut) end();
  await taker.kill(); // before it is seen what it has taken: of one that lives the connections would be its
  new Journal(arena).take(journal.header[EPOCH]!);
  for (const fd of told) {
    if (!tellsBack) close(fd);
    else {
      const record = records.take();
      records.open(record, 0);
      peer.connections.hold(record, records.generation(record), fd);
    }
  }
  if (!isCut) {
    end();
    assert.equal(events.tcpRelinquished, 2);
  }
  gate.open();
  return { table, asking, idle };
}

for (const tellsBack of [false, true])
  test(`what was taken in vain is answered, ${tellsBack ? 'told back' : 'not told back'} by its taker`, async (t) => {
    const { table, asking, idle } = await taken(t, { tellsBack });
    assert.equal((await asking.next()).readUInt16BE(0), 1);
    for (const [id, client] of [asking, idle].entries()) {
      client.send(buildQuery({ id: 10 + id, name: 'known.example' }));
      assert.equal((await client.next()).readUInt16BE(0), 10 + id);
    }
    assert.equal(table.count, 2);
  });

test('what was taken in vain behind the end of the channel is answered, too', async (t) => {
  const { table, asking } = await taken(t, { isCut: true });
  assert.equal((await asking.next()).readUInt16BE(0), 1);
  assert.equal(table.count, 2);
});
