// tcp-fairness.test — clients that take a lot of what there is over TCP leave the others their share.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Service } from '../../src/serve.ts';
import type { TcpClient } from '../lab/client.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { Gate, plain } from '../lab/scripts.ts';
import { buildQuery } from '../lab/wire.ts';

const query = (id: number, name: string) => buildQuery({ id, name });

async function connect(lab: Lab, name: string): Promise<TcpClient> {
  const client = await lab.tcp();
  client.send(query(1, name));
  await client.next();
  return client;
}

test('a client that pipelines cached names by the thousand gets a few answers before another gets one', async (t) => {
  const lab = await startLab(t);
  const [greedy, modest] = [await connect(lab, 'greedy.example'), await connect(lab, 'modest.example')];
  const asked: string[] = [];
  const { answer } = Service.prototype;
  t.mock.method(Service.prototype, 'answer', function (this: Service, ...args: Parameters<typeof answer>) {
    const [, bytes, start, length] = args;
    asked.push(Buffer.from(bytes.subarray(start, start + length)).includes('modest') ? 'modest' : 'greedy');
    answer.apply(this, args);
  });
  greedy.send(...Array.from({ length: 1000 }, (_, id) => query(id, 'greedy.example')));
  modest.send(query(2, 'modest.example'));
  await modest.next();
  for (let i = 0; i < 1000; i++) await greedy.next();
  assert(asked.indexOf('modest') <= 32, `after ${asked.indexOf('modest')}`);
  assert.equal(asked.length, 1001);
});

test('when there are as many connections as there may be, the one idle longest makes room, and none that is waited on', async (t) => {
  const gate = new Gate();
  const isSlow = (name: Buffer) => name.includes('slow');
  const lab = await startLab(t, { upstreams: [gate.before(plain, (asked) => isSlow(asked.name))] });
  const { tcpConnections } = lab.table.context.budget;
  Object.assign(tcpConnections, { most: 8 });
  const slow = await lab.tcp();
  slow.send(query(7, 'slow.example'));
  const idle: TcpClient[] = [];
  for (let i = 0; i < 7; i++) {
    idle.push(await connect(lab, 'quick.example'));
    lab.clock.skip(0.1);
  }
  await connect(lab, 'quick.example'); // the newcomer is answered
  await idle[0]!.closed();
  idle[1]!.send(query(3, 'quick.example'));
  await idle[1]!.next();
  await connect(lab, 'quick.example');
  await idle[2]!.closed();
  assert.deepEqual([tcpConnections.held, tcpConnections.refused], [8, 2]);
  assert.equal(lab.resolver.counters.events.tcpMadeRoom, 2);
  gate.open();
  assert.equal((await slow.next()).readUInt16BE(0), 7);
});

test('a source with all the connections it may have makes room for itself', async (t) => {
  const lab = await startLab(t);
  const first = await connect(lab, 'quick.example');
  for (let i = 0; i < 255; i++) await lab.tcp(`127.0.${i}.9`);
  await connect(lab, 'quick.example');
  await first.closed();
  assert.equal(lab.table.count, 256);
});

test('a descriptor that is needed for a connection comes from the one idle longest', async (t) => {
  const lab = await startLab(t);
  const [first] = [await connect(lab, 'quick.example'), await connect(lab, 'quick.example')];
  assert.equal(lab.table.giveUpOne(), false); // each was asked on just now
  lab.clock.skip(2);
  assert.equal(lab.table.giveUpOne(), true);
  await first.closed();
  assert.equal(lab.table.count, 1);
  assert.equal(lab.table.giveUpOne(), true);
  assert.equal(lab.table.giveUpOne(), false);
});
