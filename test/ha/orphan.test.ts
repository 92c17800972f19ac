// orphan.test — a connection that was being written when its process ended waits only where that process may live: where it
// cannot be seen, an end without farewell is its death, and a heart that beats on is its life.

import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { ADDRESS_BYTES, Arena, accept, close, describe, listenTcp, monotonicMs } from 'node-reuseport';
import type { Channel } from '../../ha/channel.ts';
import { Custody } from '../../ha/custody.ts';
import { Estate } from '../../ha/estate.ts';
import { Peer } from '../../ha/peer.ts';
import type { Message } from '../../ha/protocol.ts';
import { ConnectionRecords, RECORDS_BYTES } from '../../src/listen/connection-records.ts';
import { BUSY, Journal } from '../../src/listen/journal.ts';
import { TcpClient } from '../lab/client.ts';
import { FakeTwin } from '../lab/fake-twin.ts';
import { freePort } from '../lab/free-port.ts';
import { startInstance } from '../lab/instance.ts';
import { silentLog, startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

/** A process that was busy with a connection when its channel ended. */
async function ended(t: TestContext, channel: Partial<Channel>) {
  const { resolver } = await startLab(t);
  const custody = new Custody(silentLog, () => []);
  custody.start(resolver);
  t.after(() => custody.stop());
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const journal = new Journal(arena);
  const records = new ConnectionRecords(arena.records);
  const peer = new Peer({ pid: 0, fd: -1, parted: false, ...channel } as Channel, {} as Message);
  const estate = new Estate('secondary', [], openSync(`/proc/self/fd/${arena.fd}`, 'r+'), peer.connections);
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
  custody.gone(estate, peer);
  /** Milliseconds until the query is answered. */
  const answered = async () => {
    assert.equal((await client.next()).readUInt16BE(0), 7);
    return monotonicMs() - started;
  };
  return { journal, answered };
}

test('a process that cannot be seen and did not say farewell is dead: its connection is served at once', async (t) => {
  const { answered } = await ended(t, {});
  const ms = await answered();
  assert.ok(ms > 10 && ms < 200, `after ${ms} ms`);
});

test('one that said farewell may be at work still: its connection waits until it is silent', async (t) => {
  const { answered } = await ended(t, { parted: true });
  const ms = await answered();
  assert.ok(ms > 950, `after ${ms} ms`);
});

test('one whose heart beats on lives, whatever became of its channel', async (t) => {
  const { journal, answered } = await ended(t, {});
  const beating = setInterval(() => journal.beat(monotonicMs()), 5);
  setTimeout(() => clearInterval(beating), 300);
  const ms = await answered();
  assert.ok(ms > 1250, `after ${ms} ms`);
});

test('one that can be seen to live is not taken for dead because it is silent for a moment', async (t) => {
  const { answered } = await ended(t, { pid: process.pid });
  const ms = await answered();
  assert.ok(ms > 950, `after ${ms} ms`);
});

test('a process that stops, or is called again by its twin, says farewell before the channel ends', async (t) => {
  const where = { listen: ['127.0.0.1'], port: await freePort() };
  const { program } = await startInstance(t, [
    `--port=${where.port}`,
    '--slot=secondary',
    '--upstream=/dev/null',
  ]);
  const callers = [FakeTwin.call(t, where, 'primary'), FakeTwin.call(t, where, 'primary')] as const;
  for (const caller of callers) {
    caller.say('join');
    await caller.hears('welcome');
  }
  await callers[0].hears('end');
  assert.deepEqual(callers[0].heard, ['welcome', 'farewell', 'end']);
  program.child.kill('SIGTERM');
  await callers[1].hears('end');
  assert.deepEqual(callers[1].heard, ['welcome', 'farewell', 'end']);
  assert.ok(callers[1].parted);
});
