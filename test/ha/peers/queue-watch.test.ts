// queue-watch.test — a queue that is read is never taken for one that is not, whatever comes to it; and one that is not read is.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ADDRESS_BYTES, accept, close, connectTcp, connectUdp, read, write } from 'node-reuseport';
import { QueueWatch } from '../../../ha/peers/queue-watch.ts';
import { BEAT_EVERY, UNREAD } from '../../../ha/timing.ts';
import { readsWord } from '../../../src/handover/arena-words.ts';
import { closeSockets } from '../../../src/handover/sockets.ts';
import { openAt } from '../../lab/endpoints.ts';
import { startLab } from '../../lab/resolver.ts';
import { buildQuery } from '../../lab/wire.ts';

const LOOKS = 4 * (UNREAD / BEAT_EVERY);
const repeated = Buffer.from('the same again');

/** Sockets, and what sends one datagram and makes one connection. */
function setUp(t: TestContext) {
  const addresses = ['127.0.0.2', '127.0.0.1'];
  const sockets = openAt(addresses, 0).slice(0, 1);
  const [{ address, port, udp, tcp }] = sockets as [(typeof sockets)[0]];
  t.after(() => closeSockets(sockets));
  const client = connectUdp({ address, port });
  const connections: number[] = [];
  t.after(() => [client, ...connections].forEach(close));
  const counts = new Map<number, number>();
  return {
    sockets,
    counts,
    send: () => write(client, repeated, 0, repeated.length),
    connect: () => connections.push(connectTcp({ address, port })),
    receive: () => read(udp, new Uint8Array(100), 0, 100),
    accept: () => connections.push(accept(tcp, new Uint8Array(ADDRESS_BYTES))),
    count: (kind: 'udp' | 'tcp') => counts.set(readsWord(0, kind), (counts.get(readsWord(0, kind)) ?? 0) + 1),
  };
}

for (const kind of ['udp', 'tcp'] as const)
  test(`of ${kind} one thing at the head again and again is read, as its reader counts, and unread once it counts no more`, (t) => {
    const { sockets, counts, send, connect, receive, accept, count } = setUp(t);
    const watch = new QueueWatch(sockets, (word) => counts.get(word) ?? 0, sockets);
    const [come, take] = kind === 'udp' ? [send, receive] : [connect, accept];
    come();
    for (let i = 0; i < LOOKS; i++) {
      come();
      take();
      count(kind);
      assert.equal(watch.isUnread(), false, `look ${i}`);
    }
    assert.ok(Array.from({ length: LOOKS }, () => watch.isUnread()).includes(true));
  });

test('of a reader that counts nothing the head tells', (t) => {
  const { sockets, send } = setUp(t);
  const watch = new QueueWatch(sockets, () => 0, sockets);
  for (let i = 0; i < LOOKS; i++) assert.equal(watch.isUnread(), false);
  send();
  assert.ok(Array.from({ length: LOOKS }, () => watch.isUnread()).includes(true));
});

test('an instance counts what it reads of its own sockets, by address and kind, and nothing of others', async (t) => {
  const lab = await startLab(t, { config: { listen: ['127.0.0.2', '127.0.0.1'] } });
  const { journal, read: readOf } = lab.handover;
  const counted = () =>
    [0, 1].flatMap((address) =>
      (['udp', 'tcp'] as const).map((kind) => journal.header[readsWord(address, kind)]!),
    );
  assert.deepEqual(counted(), [0, 0, 0, 0]);
  await lab.ask('x.example'); // at the first of them, which is the second by its text
  await lab.ask('x.example', 'tcp');
  assert.deepEqual(counted(), [0, 0, 1, 1]);
  const others = openAt(['127.0.0.1'], 0);
  t.after(() => closeSockets(others));
  const reader = readOf(others);
  const client = connectUdp({ address: '127.0.0.1', port: others[0]!.port });
  t.after(() => close(client));
  const query = buildQuery({ name: 'y.example' });
  write(client, query, 0, query.length);
  const { datagrams } = lab.handover.events;
  reader.receive();
  assert.equal(lab.handover.events.datagrams, datagrams + 1);
  reader.stop();
  assert.deepEqual(counted(), [0, 0, 1, 1]);
});
