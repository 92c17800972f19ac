// asking-under-faults — sockets for upstreams that this machine denies; runs where calls can be made to fail.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FailingCalls, type Fault } from '../../chaos/host/failing-calls.ts';
import type { UdpClient } from '../lab/client.ts';
import { addresses, parseMessage } from '../lab/message.ts';
import { type Lab, startLab } from '../lab/resolver.ts';
import { Gate, plain } from '../lab/scripts.ts';
import { buildQuery, rcodes } from '../lab/wire.ts';

const faults = FailingCalls.own();
const genuine = ['192.0.2.1'];

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); await pause(5)) {
    assert.ok(performance.now() < end, `${holds} is not true after 5 s`);
  }
}

/** A client whose socket is open already, and a resolver that gets none for its upstreams. */
async function denied(t: TestContext, fault: Fault): Promise<{ lab: Lab; client: UdpClient }> {
  const lab = await startLab(t, { upstreams: [plain, plain] });
  const client = await lab.udp();
  client.send(buildQuery({ id: 0, name: 'not-for-us.example', class: 3 })); // by now the loop watches the client
  await client.next();
  faults.set(fault);
  t.after(() => faults.clear());
  return { lab, client };
}

const denials: readonly Fault[] = [
  { call: 'socket', errno: 'EMFILE', kind: 'upstream' },
  { call: 'socket', errno: 'ENOBUFS', kind: 'upstream' },
  { call: 'connect', errno: 'EPERM', kind: 'udp' },
  { call: 'epoll_ctl', errno: 'ENOMEM', kind: 'upstream' },
  { call: 'write', errno: 'EPERM', kind: 'upstream' },
  { call: 'write', errno: 'ENOBUFS', kind: 'upstream' },
  { call: 'recv', errno: 'ENOMEM', kind: 'upstream' },
];
for (const fault of denials) {
  test(`${fault.call} ${fault.errno} for a moment: the question is asked when it has passed`, async (t) => {
    const { lab, client } = await denied(t, fault);
    client.send(buildQuery({ id: 1, name: 'x.example' }));
    await until(() => faults.made >= 2);
    faults.clear();
    assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
    assert.equal(lab.resolver.status().routes[0]!.upstreams[0]!.failures, 0);
  });
}

test('a send that fails costs no other question on the socket its answer', async (t) => {
  const gate = new Gate();
  const lab = await startLab(t, { upstreams: [gate.before(plain)], descriptors: 8 });
  const client = await lab.udp();
  for (let id = 0; id < 40; id++) client.send(buildQuery({ id, name: `n${id}.example` }));
  await lab.upstream.received(40);
  faults.set({ call: 'write', errno: 'EPERM', kind: 'upstream' });
  t.after(() => faults.clear());
  client.send(buildQuery({ id: 99, name: 'denied.example' }));
  await until(() => faults.made > 0);
  gate.open();
  for (let i = 0; i < 40; i++) assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
});

for (const call of ['recv', 'write'] as const) {
  test(`${call} that keeps failing is not tried without a pause`, async (t) => {
    const { lab, client } = await denied(t, { call, errno: 'ENOMEM', kind: 'upstream' });
    for (let id = 0; id < 20; id++) client.send(buildQuery({ id, name: `n${id}.example` }));
    await until(() => lab.resolver.status().inFlight === 20);
    await pause(500);
    assert.ok(faults.made > 0 && faults.made < 200, `${faults.made} calls`);
    faults.clear();
    for (let i = 0; i < 20; i++) assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
  });
}

test('a failure of our own is not kept, and new tries are few', async (t) => {
  const { lab, client } = await denied(t, denials[0]!);
  for (let id = 0; id < 50; id++) client.send(buildQuery({ id, name: `n${id}.example` }));
  await until(() => lab.resolver.status().inFlight === 50);
  await pause(500);
  assert.ok(faults.made > 0 && faults.made < 50, `${faults.made} tries`);
  lab.clock.skip(5);
  for (let i = 0; i < 50; i++) assert.equal(parseMessage(await client.next()).rcode, rcodes.SERVFAIL);
  faults.clear();
  lab.clock.skip(0.1);
  client.send(buildQuery({ id: 99, name: 'n0.example' }));
  assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
});

test('a socket past its time serves on where there is no other', async (t) => {
  const { lab, client } = await denied(t, { ...denials[0]!, after: 1 });
  for (const name of ['first', 'second', 'third']) {
    client.send(buildQuery({ id: 1, name: `${name}.example` }));
    assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
    lab.clock.skip(0.06);
  }
  lab.clock.skip(4.95);
  client.send(buildQuery({ id: 2, name: 'late.example' }));
  assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
  assert.ok(faults.made > 0);
});

test('a server that we may not ask is passed by', async (t) => {
  const { lab, client } = await denied(t, { call: 'connect', errno: 'EPERM', kind: 'udp', times: 1 });
  client.send(buildQuery({ id: 1, name: 'x.example' }));
  assert.deepEqual(addresses(parseMessage(await client.next())), genuine);
  assert.equal(lab.upstreams[0]!.log.length, 0);
  assert.equal(lab.upstreams[1]!.log.length, 1);
});
