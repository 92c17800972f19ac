// peer.test — a twin that rests is roused before it is taken for one that hangs, and only then.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena, close, connectUdp, monotonicMs, write } from 'node-reuseport';
import type { Channel } from '../../../ha/link/channel.ts';
import { type Message, PROTOCOL_VERSION, ROUSE } from '../../../ha/link/protocol.ts';
import { Peer } from '../../../ha/peers/peer.ts';
import { RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { openAt } from '../../lab/endpoints.ts';
import { freePort } from '../../lab/free-port.ts';
import { holdingsOf } from '../../lab/holdings.ts';

for (const rests of [true, false])
  test(`a twin that ${rests ? 'rests' : 'is at work'} and does not read is ${rests ? 'roused once' : 'not roused'}`, async (t) => {
    const port = await freePort();
    const sockets = openAt(['127.0.0.1'], port);
    const arena = new Arena({ ring: 8, parked: 4, records: RECORDS_BYTES });
    const journal = new Journal(arena);
    const sent: number[][] = [];
    const sendBulk = (bytes: Uint8Array, length: number) => sent.push([...bytes.subarray(0, length)]) > 0;
    const channel = { pid: 0, fd: -1, sendBulk } as unknown as Channel;
    const peer = new Peer(channel, { protocol: PROTOCOL_VERSION } as Message);
    const holdings = holdingsOf('secondary', arena, { sockets });
    const client = connectUdp({ address: '127.0.0.1', port });
    t.after(() => {
      holdings.close();
      close(client);
    });
    peer.hold(holdings);
    let now = monotonicMs();
    if (rests) journal.rest(now);
    else journal.beat(now);
    peer.look(now, 10);
    write(client, Buffer.from('x'), 0, 1);
    for (let looks = 0; looks < 4; looks++) {
      now += 10;
      if (!rests) journal.beat(now);
      peer.look(now, 10);
    }
    assert.equal(peer.isReadBeside, true);
    assert.deepEqual(sent, rests ? [[ROUSE]] : []);
  });
