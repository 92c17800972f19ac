// upstream-tcp.test — TCP towards the cluster DNS: pooled, pipelined, and replaced when it breaks (section D).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addresses, parseMessage } from '../lab/message.ts';
import { a } from '../lab/records.ts';
import { startLab } from '../lab/resolver.ts';
import { Gate, plain, replying, type Script } from '../lab/scripts.ts';
import { timed } from '../lab/timed.ts';
import { buildQuery, buildReply, frame, rcodes } from '../lab/wire.ts';

const svc = (name: string | number) => `${name}.shop.svc.cluster.local`;
const genuine = ['192.0.2.1'];

test('cluster names are asked over TCP, on a handful of connections', async (t) => {
  const lab = await startLab(t, { cluster: plain });
  const client = await lab.udp();
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 100; i++)
      client.send(buildQuery({ id: 100 * round + i, name: svc(`n${100 * round + i}`) }));
    for (let i = 0; i < 100; i++) assert.equal(parseMessage(await client.next()).answer.length, 1);
  }
  assert(lab.cluster.log.every(({ transport }) => transport === 'tcp'));
  assert(lab.cluster.connections <= 10, `${lab.cluster.connections} connections`);
});

for (const how of ['close', 'reset'] as const) {
  test(`an idle connection ended by the upstream (${how}) is replaced unseen`, async (t) => {
    const lab = await startLab(t, { cluster: plain });
    await lab.ask(svc('one'));
    lab.cluster.dropConnections(how);
    assert.deepEqual(addresses(await lab.ask(svc('two'))), genuine);
  });

  test(`a connection that ends (${how}) just as we write is replaced unseen`, async (t) => {
    const script: Script = (query, line) => {
      if (query.connection > 1 || !query.name.includes('two')) return plain(query, line);
      how === 'close' ? line.close() : line.reset();
      return undefined;
    };
    const lab = await startLab(t, { cluster: script });
    await lab.ask(svc('one'));
    const { value, ms } = await timed(lab.ask(svc('two')));
    assert.deepEqual(addresses(value), genuine);
    assert(ms < 2000, `${ms} ms`);
  });
}

test('a connection gone silent is given up: its queries end in time, the next ones succeed', async (t) => {
  let silentUpTo = 0;
  const script: Script = (query, line) => (query.connection > silentUpTo ? plain(query, line) : undefined);
  const lab = await startLab(t, { cluster: script });
  await lab.ask(svc('one'));
  silentUpTo = lab.cluster.connections;
  const { ms } = await timed(lab.ask(svc('two')));
  assert(ms < 4500, `${ms} ms`);
  const next = await timed(lab.ask(svc('three')));
  assert.deepEqual(addresses(next.value), genuine);
  assert(next.ms < 2000, `${next.ms} ms`);
});

test('answers out of order find their questions', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, {
    cluster: gate.before(
      replying(({ name }) => ({ answer: [a(name.includes('slow') ? '10.0.0.1' : '10.0.0.2')] })),
      ({ name }) => name.includes('slow'),
    ),
  });
  const slow = lab.ask(svc('slow'));
  await lab.cluster.when(() => lab.cluster.asked(svc('slow')).length > 0, 'the slow query');
  assert.deepEqual(addresses(await lab.ask(svc('fast'))), ['10.0.0.2']);
  gate.open();
  assert.deepEqual(addresses(await slow), ['10.0.0.1']);
});

test('answers one byte at a time, after strays nobody asked for', async (t) => {
  const script: Script = (query, line) => {
    const stray = buildReply(query.bytes, { id: query.id ^ 1, answer: [a('6.6.6.6')] });
    const other = buildReply(buildQuery({ id: query.id, name: svc('other') }), { answer: [a('6.6.6.6')] });
    const bytes = Buffer.concat([stray, other, plain(query, line) as Buffer].map(frame));
    for (const at of bytes.keys()) line.raw(bytes.subarray(at, at + 1));
    return undefined;
  };
  const lab = await startLab(t, { cluster: script });
  for (const name of ['one', 'two']) assert.deepEqual(addresses(await lab.ask(svc(name))), genuine);
  lab.cluster.script = plain;
  assert.deepEqual(addresses(await lab.ask(svc('other'))), genuine);
});

test('half a frame and a close do not become an answer', async (t) => {
  const script: Script = (query, line) => {
    if (query.connection > 1) return plain(query, line);
    line.raw(frame(buildReply(query.bytes, { answer: [a('6.6.6.6'), a('6.6.6.7')] })).subarray(0, -9));
    line.close();
    return undefined;
  };
  const lab = await startLab(t, { cluster: script });
  assert.deepEqual(addresses(await lab.ask(svc('one'))), genuine);
});

test('a cluster DNS that always hangs up means SERVFAIL, soon and without a storm', async (t) => {
  const lab = await startLab(t, { cluster: (_, line) => line.close() as undefined });
  const { value, ms, cpuMs } = await timed(lab.ask(svc('one')));
  assert.equal(value.rcode, rcodes.SERVFAIL);
  assert(ms < 4500, `${ms} ms`);
  assert(cpuMs < 400, `${cpuMs} ms of CPU`);
  assert(lab.cluster.asked(svc('one')).length <= 6);
});
