// custody-failures.test — sockets of a dead twin that cannot be read at once, because no descriptor is left, say, are read as
// soon as they can be; nothing stands in the way of that.

import assert from 'node:assert/strict';
import { openSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Arena, bindUdp, close } from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { Custody } from '../../../ha/takeover/custody.ts';
import type { Handover } from '../../../src/handover/handover.ts';
import { closeSockets } from '../../../src/handover/sockets.ts';
import { EventLoop } from '../../../src/loop/event-loop.ts';
import { askUdp } from '../../lab/client.ts';
import { openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';
import { silentLog, startLab } from '../../lab/resolver.ts';
import { buildQuery } from '../../lab/wire.ts';

const address = '127.0.0.1';
const arena = new Arena({ ring: 8, parked: 4 });

test('sockets of a dead twin that could not be read are read at a later look', async (t) => {
  const { handover } = await startLab(t);
  let failures = 3;
  const poor: Handover = {
    ...handover,
    read(sockets) {
      if (failures-- > 0) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return handover.read(sockets);
    },
  };
  const custody = new Custody(silentLog, () => undefined);
  custody.start(poor);
  t.after(() => custody.stop());
  const port = await freePort();
  const holdings = holdingsOf('secondary', arena, { sockets: openAt([address], port) });
  custody.gone(holdings, new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message));
  assert.deepEqual([failures, custody.reading.length], [1, 0], 'at the takeover, and behind it');
  await askUdp({ address, port }, buildQuery({ name: 'waits.example' }));
  assert.deepEqual([failures < 0, custody.reading.length], [true, 1]);
});

test('what fails at each look is told of once a second, not at each', async (t) => {
  const { handover } = await startLab(t);
  let failures = 0;
  const poor: Handover = {
    ...handover,
    read() {
      failures++;
      throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
    },
  };
  const told: string[] = [];
  const custody = new Custody({ ...silentLog, error: (text) => void told.push(text) }, () => undefined);
  custody.start(poor);
  t.after(() => custody.stop());
  const holdings = holdingsOf('secondary', arena, { sockets: openAt([address], await freePort()) });
  custody.gone(holdings, new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message));
  while (failures < 10) await pause(5);
  assert.deepEqual(told, ['the work of the twin could not be taken over; it is tried again']);
});

test('one set of sockets that cannot be read keeps no other from being read', async (t) => {
  const { handover } = await startLab(t);
  const [bad, good] = [openAt([address], await freePort()), openAt([address], await freePort())];
  const poor: Handover = {
    ...handover,
    read(sockets) {
      if (sockets === bad) throw new Error('never');
      return handover.read(sockets);
    },
  };
  const custody = new Custody(silentLog, () => undefined);
  custody.start(poor);
  t.after(() => custody.stop());
  for (const sockets of [bad, good])
    custody.gone(
      holdingsOf('secondary', arena, { sockets }),
      new Peer({ pid: 0, fd: -1 } as Channel, { protocol: PROTOCOL_VERSION } as Message),
    );
  await askUdp({ address, port: good[0]!.port }, buildQuery({ name: 'other.example' }));
});

test('sockets of which one cannot be read leave nothing behind, and can be tried again', async (t) => {
  const { handover } = await startLab(t);
  const sockets = openAt([address], await freePort());
  t.after(() => closeSockets(sockets));
  const file = openSync('/dev/null', 'r');
  t.after(() => close(file));
  const before = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 3; i++) assert.throws(() => handover.read([{ ...sockets[0]!, tcp: file }]));
  assert.equal(readdirSync('/proc/self/fd').length, before);
  const reading = handover.read(sockets);
  await askUdp({ address, port: sockets[0]!.port }, buildQuery({ name: 'again.example' }));
  reading.stop();
});

test('a descriptor that cannot be watched takes up no tag', () => {
  const loop = new EventLoop(() => {});
  const file = openSync('/dev/null', 'r');
  const watched = { ready() {} };
  for (let i = 0; i < 3; i++) assert.throws(() => loop.watch(file, 1, watched));
  const udp = bindUdp({ address, port: 0 });
  assert.equal(loop.watch(udp, 1, watched), 0);
  loop.unwatch(udp, 0);
  for (const fd of [file, udp]) close(fd);
  loop.close();
});
