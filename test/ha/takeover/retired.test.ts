// retired.test — sockets of a slot that has others now take no more queries, but not as long as somebody may read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ADDRESS_BYTES, Arena, leaveGroup, peerOf } from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { Custody } from '../../../ha/takeover/custody.ts';
import { askUdp } from '../../lab/client.ts';
import { openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { idleProcess } from '../../lab/idle-process.ts';
import { silentLog, startLab } from '../../lab/resolver.ts';
import { buildQuery } from '../../lab/wire.ts';

const address = '127.0.0.1';

test('a former peer whose slot has other sockets now keeps its own until it is gone, whatever became of its channel', {
  timeout: 30_000,
}, async (t) => {
  const { handover } = await startLab(t);
  const message = { protocol: PROTOCOL_VERSION } as Message;
  const successor = new Peer({ pid: 0, fd: -1 } as Channel, message);
  successor.hold(
    holdingsOf('secondary', new Arena({ ring: 8, parked: 4 }), {
      sockets: openAt([address], await freePort()),
    }),
  );
  t.after(() => successor.holdings!.close());
  const custody = new Custody(silentLog, () => successor);
  custody.start(handover);
  t.after(() => custody.stop());
  const process = await idleProcess(t);
  const arena = new Arena({ ring: 8, parked: 4 });
  const port = await freePort();
  const sockets = openAt([address], port);
  const { udp } = sockets[0]!;
  custody.gone(
    holdingsOf('secondary', arena, { sockets, stateFd: process.stateFd }),
    new Peer({ pid: 0, fd: -1 } as Channel, message),
  );
  const isRetired = () => peerOf(udp, new Uint8Array(ADDRESS_BYTES)) >= 0;
  await askUdp({ address, port }, buildQuery({ name: 'beside.example' }));
  assert.equal(isRetired(), false);
  await process.kill();
  while (!isRetired()) await pause(5);
});

test('retired sockets are offered to no newcomer: no query would come to them', async (t) => {
  const { handover } = await startLab(t);
  const custody = new Custody(silentLog, () => undefined);
  custody.start(handover);
  t.after(() => custody.stop());
  const sockets = openAt([address, '127.0.0.2'], await freePort());
  custody.gone(
    holdingsOf('secondary', new Arena({ ring: 8, parked: 4 }), { sockets }),
    new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message),
  );
  assert.deepEqual(custody.offer('secondary'), sockets);
  leaveGroup(sockets[0]!.udp); // its process had given that endpoint up
  assert.deepEqual(custody.offer('secondary'), sockets.slice(1));
  leaveGroup(sockets[1]!.udp);
  assert.deepEqual(custody.offer('secondary'), []);
});
