// former-peer.test — a connection that was being written when its channel ended waits only as long as its process may live: the
// kernel tells when it is gone, and a heart that beats on is its life.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESS_BYTES, Arena, accept, close, describe, listenTcp, monotonicMs } from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { openOwnState } from '../../../ha/peers/process-state.ts';
import { Custody } from '../../../ha/takeover/custody.ts';
import { BUSY, EPOCH, GIVEN, RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../../src/handover/connection-records.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { TcpClient } from '../../lab/client.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { idleProcess } from '../../lab/idle-process.ts';
import { silentLog, startLab } from '../../lab/resolver.ts';
import { buildQuery } from '../../lab/wire.ts';

/** A process that was busy with a connection when its channel ended. */
async function ended(t: TestContext, stateFd: number) {
  const { handover } = await startLab(t);
  let met: Peer | undefined;
  const custody = new Custody(silentLog, () => met);
  custody.start(handover);
  t.after(() => custody.stop());
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  const records = new ConnectionRecords(arena.records);
  const peer = new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message);
  const holdings = holdingsOf('secondary', arena, { connections: peer.connections, stateFd });
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = await TcpClient.open({ address: '127.0.0.1', port: describe(listener).port });
  t.after(() => client.close());
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  const record = records.take();
  records.open(record, 0);
  peer.connections.hold(record, records.generation(record), fd);
  client.send(buildQuery({ id: 7, name: 'busy.example' }));
  arena.header[BUSY] = record + 1;
  journal.beat(monotonicMs());
  const started = monotonicMs();
  custody.gone(holdings, peer);
  /** Milliseconds until the query is answered. */
  const answered = async () => {
    assert.equal((await client.next()).readUInt16BE(0), 7);
    return monotonicMs() - started;
  };
  /** The same process is met by another channel. */
  const meetAgain = () => {
    met = new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message);
    const again = holdingsOf('secondary', arena, { stateFd: openOwnState() });
    t.after(() => again.close());
    met.hold(again);
    custody.serves(met, again);
  };
  const lets = () => {
    arena.header[BUSY] = 0;
    records.setState(record, GIVEN);
    arena.header[EPOCH]!++;
  };
  return { journal, answered, meetAgain, lets };
}

test('a process that is gone is dead: its connection is served at once', async (t) => {
  const process = await idleProcess(t);
  await process.kill();
  const { answered } = await ended(t, process.stateFd);
  const ms = await answered();
  assert.ok(ms < 200, `after ${ms} ms`);
});

test('one that lives may be at work still: its connection waits until it is gone', async (t) => {
  const process = await idleProcess(t);
  const { answered } = await ended(t, process.stateFd);
  await pause(300);
  await process.kill();
  const ms = await answered();
  assert.ok(ms >= 300 && ms < 600, `after ${ms} ms`);
});

test('or until it has given no sign of life for long', async (t) => {
  const { answered } = await ended(t, openOwnState());
  const ms = await answered();
  assert.ok(ms > 950, `after ${ms} ms`);
});

test('one whose heart beats on lives, whatever became of its channel', async (t) => {
  const { journal, answered } = await ended(t, openOwnState());
  const beating = setInterval(() => journal.beat(monotonicMs()), 5);
  setTimeout(() => clearInterval(beating), 300);
  const ms = await answered();
  assert.ok(ms > 1250, `after ${ms} ms`);
});

test('a process that is met again at once is still serving its connection: it is waited for until it lets go of that', async (t) => {
  const { journal, answered, meetAgain, lets } = await ended(t, openOwnState());
  const beating = setInterval(() => journal.beat(monotonicMs()), 5);
  t.after(() => clearInterval(beating));
  meetAgain();
  setTimeout(lets, 400);
  const ms = await answered();
  assert.ok(ms >= 395 && ms < 900, `after ${ms} ms`);
});
