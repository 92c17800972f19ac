// traffic.test — the load sees what servers do to it: nothing where all is right, and each fault where there is one.

import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Traffic } from '../../../chaos/load/traffic.ts';
import { notesOf } from '../../../chaos/report/notes.ts';
import { freePorts } from '../../../chaos/stage/free-ports.ts';
import { Upstream } from '../../../chaos/stage/upstream.ts';

/** How long the load asks. */
const ASKING = 1200;

async function startUpstream(t: TestContext): Promise<Upstream> {
  const upstream = await Upstream.start();
  t.after(() => upstream.stop());
  return upstream;
}

async function ask(port: number, act: () => void = () => {}) {
  const targets = [{ address: '127.0.0.1', port }];
  const traffic = new Traffic({ targets, rate: 1000, connections: 40, seed: 1, mayFail: () => 'no' });
  traffic.patience = 2000;
  await pause(ASKING);
  act();
  const { udp, tcp } = await traffic.finish(3000);
  return { traffic, udp, tcp };
}

test('a server that has everything right has no fault', async (t) => {
  const upstream = await startUpstream(t);
  const { traffic, udp, tcp } = await ask(upstream.port);
  assert.ok(udp.sent > 900 && tcp.sent > 150, `${udp.sent} and ${tcp.sent} were sent`);
  for (const { never, wrong, twice } of [udp, tcp])
    assert.deepEqual({ never, wrong, twice }, { never: 0, wrong: 0, twice: 0 });
  assert.deepEqual(traffic.tally.faults, []);
  const { reset, cut, closed, refused } = traffic.fates;
  assert.deepEqual([reset, cut, closed, refused], [0, 0, 0, 0]);
});

test('what comes after its time is late', async (t) => {
  const upstream = await startUpstream(t);
  upstream.behave({ extraDelay: 2300 });
  const { udp, tcp } = await ask(upstream.port);
  assert.ok(udp.late > udp.sent / 2 && tcp.late > tcp.sent / 2);
  assert.equal(udp.never + tcp.never, 0);
});

test('over UDP: lost, twice, another id and another address are each counted', async (t) => {
  const upstream = await startUpstream(t);
  const [port] = await freePorts();
  const faults = { lost: 0, twice: 0, stray: 0, wrong: 0 };
  const proxy = createSocket('udp4');
  let count = 0;
  proxy.on('message', (query: Buffer, from: RemoteInfo) => {
    const server = createSocket('udp4');
    server.send(query, upstream.port, '127.0.0.1');
    server.once('message', (reply: Buffer) => {
      server.close();
      const send = () => proxy.send(reply, from.port, from.address);
      const fault = (['lost', 'twice', 'stray', 'wrong'] as const)[count++ % 40];
      if (fault !== undefined) faults[fault]++;
      if (fault === 'lost') return;
      if (fault === 'twice') send();
      if (fault === 'stray') reply.writeUInt16BE(0xffff, 0);
      if (fault === 'wrong') reply[12 + 2]! ^= 1; // in the question
      send();
    });
  });
  await once(proxy.bind(port, '127.0.0.1'), 'listening');
  proxy.setRecvBufferSize(1 << 22); // what a busy machine holds up is no loss
  t.after(() => proxy.close());
  const { traffic, udp } = await ask(port);
  assert.ok(faults.wrong > 5);
  assert.deepEqual(
    [udp.never, udp.twice, udp.wrong],
    [faults.lost + faults.stray, faults.twice, faults.wrong],
  );
  assert.equal(traffic.tally.strays, faults.stray);
});

// They wait for what does not come.
describe('what is lost', { concurrency: true }, () => {
  test('what a server leaves out is never answered, over both transports', async (t) => {
    const upstream = await startUpstream(t);
    upstream.behave({ silent: true });
    const { traffic, udp, tcp } = await ask(upstream.port);
    assert.deepEqual([udp.never, tcp.never], [udp.sent, tcp.sent]);
    assert.match(traffic.unanswered[0]!, /^127\.0\.\d\.1:\d+ \((whole|bytes|halves), \d+ open\)$/);
    const notes = notesOf(traffic, { idle: 0.05, stolen: 0.03 }, true).join('\n');
    assert.match(notes, /had 5 % of its time left over.*\nOther machines took 3 %/);
    assert.match(
      notes,
      /Lost over TCP at \d+ ms, .*\nConnections that stood and did not answer: 127\..* open\), …\./,
    );
  });

  test('over TCP: a reset, an end in the middle and nobody there are told apart, and nothing is asked again', async () => {
    const [port] = await freePorts();
    const sockets = new Set<Socket>();
    let connections = 0;
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      const way = connections++ % 2;
      socket.once('data', () => (way === 0 ? socket.resetAndDestroy() : socket.end()));
    }).listen(port, '127.0.0.1');
    const { traffic, tcp } = await ask(port, () => {
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
    });
    const { reset, cut, refused } = traffic.fates;
    assert.ok(reset > 10 && cut > 10 && refused > 0, JSON.stringify(traffic.fates));
    assert.equal(tcp.never, tcp.sent);
  });
});
