// dying.test — a process that crashes and leaves a core is dead long before its descriptors are given back: its work is gone on
// with as soon as that can be seen, and once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ADDRESS_BYTES,
  Arena,
  accept,
  bindUdp,
  close,
  connectUdp,
  describe,
  listenTcp,
  monotonicMs,
  write,
} from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { Custody } from '../../../ha/takeover/custody.ts';
import { RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { TcpClient } from '../../lab/client.ts';
import { coreProcess } from '../../lab/core-process.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { silentLog, startLab } from '../../lab/resolver.ts';
import { Gate, plain } from '../../lab/scripts.ts';
import { buildQuery } from '../../lab/wire.ts';

async function waitingConnection(t: TestContext) {
  const listener = listenTcp({ address: '127.0.0.1', port: 0 });
  const client = await TcpClient.open({ address: '127.0.0.1', port: describe(listener).port });
  t.after(() => client.close());
  const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
  close(listener);
  return fd;
}

test('what a process had received that writes its core is answered before that is written, and once', async (t) => {
  const gate = new Gate();
  t.after(() => gate.open());
  const { handover } = await startLab(t, { upstreams: [gate.before(plain)] });
  const dying = await coreProcess(t, 512);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const socket = bindUdp({ address: '127.0.0.1', port: 0 });
  const client = connectUdp({ address: '127.0.0.1', port: describe(socket).port });
  t.after(() => [socket, client].map(close));
  const query = buildQuery({ name: 'waits.example' });
  write(client, query, 0, query.length);
  assert.equal(arena.receive(socket, 0), 1);
  const journal = new Journal(arena);
  const told = await waitingConnection(t);
  const channel = {
    pid: 0,
    fd: -1,
    hear() {
      peer.connections.hold(1, 1, told); // it was told of, and that is still to be read
      return true;
    },
  };
  const peer = new Peer(
    channel as unknown as Channel,
    { slot: 'secondary', protocol: PROTOCOL_VERSION } as Message,
  );
  const holdings = holdingsOf('secondary', arena, { stateFd: dying.stateFd, connections: peer.connections });
  peer.hold(holdings);
  let met: Peer | undefined = peer;
  const custody = new Custody(silentLog, () => met);
  custody.start(handover);
  t.after(() => custody.stop());
  const { takeovers } = custody.counters;

  for (let looks = 0; looks < 20; looks++) {
    journal.beat(monotonicMs()); // of one that lives
    await pause(10);
  }
  assert.deepEqual([takeovers.died, takeovers.stuck], [0, 0]);
  dying.abort();
  while (takeovers.died + takeovers.stuck === 0) await pause(1);
  assert.ok(dying.hasMemory, 'it is still being written');
  assert.equal(handover.connections.count, 1, 'all that it had told is heard before');
  await dying.gone;
  met = undefined;
  custody.gone(holdings, peer);
  assert.deepEqual([takeovers.died, takeovers.stuck], [1, 0]);
  assert.equal(handover.events.replayed, 1);
});

test('it is not waited for, as one is that may only be slow; unless it has said that it ends', async (t) => {
  const dying = await coreProcess(t, 32);
  while (!readFileSync(`/proc/self/fd/${dying.stateFd}/stat`, 'latin1').includes(') S ')) await pause(1);
  const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
  const peer = new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message);
  const holdings = holdingsOf('secondary', arena, dying);
  t.after(() => holdings.close());
  peer.hold(holdings);
  new Journal(arena).beat(1000);
  const health = (at: number) => peer.look(at, 0).health;
  assert.deepEqual([1020, 1040, 1070, 1101].map(health), ['well', 'well', 'well', 'stuck']);
  dying.abort();
  await dying.gone;
  assert.deepEqual([1020, 1040, 1101].map(health), ['well', 'gone', 'gone']);
  peer.state = 'leaving';
  assert.deepEqual([1020, 1040, 1101].map(health), ['well', 'well', 'gone']);
});
