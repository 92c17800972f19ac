// reading-under-faults — listening sockets on which calls keep failing; runs where calls can be made to fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FailingCalls, type Fault } from '../../chaos/host/failing-calls.ts';
import { startLab } from '../lab/resolver.ts';
import { buildQuery } from '../lab/wire.ts';

const faults = FailingCalls.own();

async function until(holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 5000; !holds(); await pause(5)) {
    assert.ok(performance.now() < end, `${holds} is not true after 5 s`);
  }
}

const failures: readonly (readonly ['udp' | 'tcp', Fault])[] = [
  ['udp', { call: 'recvmmsg', errno: 'EIO', kind: 'udp' }],
  ['udp', { call: 'recvmmsg', errno: 'ENOMEM', kind: 'udp' }],
  ['tcp', { call: 'accept4', errno: 'ENOBUFS', kind: 'listener' }],
  ['tcp', { call: 'accept4', errno: 'EINVAL', kind: 'listener' }],
];

test('a listening socket on which a call keeps failing is tried again after a pause, and the instance knows', async (t) => {
  const lab = await startLab(t);
  for (const [transport, fault] of failures) {
    faults.set(fault);
    const asked = lab.ask('waits.example', transport);
    asked.catch(() => {});
    await until(() => faults.made > 0);
    const [before, cpu] = [faults.made, process.cpuUsage()];
    await pause(200);
    const used = process.cpuUsage(cpu);
    assert.ok(faults.made - before <= 25, `${faults.made - before} calls`);
    assert.ok(used.user + used.system < 150_000, JSON.stringify(used));
    assert.match(lab.resolver.unfit()?.reason ?? '', /cannot be read/);
    faults.clear();
    await asked;
    await until(() => lab.resolver.unfit() === undefined);
  }
});

test('an instance that has no descriptor left for connections is no unfit one', async (t) => {
  const lab = await startLab(t);
  faults.set({ call: 'accept4', errno: 'EMFILE', kind: 'listener' });
  const asked = lab.ask('waits.example', 'tcp');
  await until(() => faults.made > 2);
  assert.equal(lab.resolver.unfit(), undefined);
  faults.clear();
  await asked;
});

test('for want of a descriptor a connection that is idle is ended, and none on which its client asks', async (t) => {
  const lab = await startLab(t);
  const client = await lab.tcp();
  const ask = (id: number) => {
    client.send(buildQuery({ id, name: 'busy.example' }));
    return client.next();
  };
  await ask(1);
  faults.set({ call: 'accept4', errno: 'EMFILE', kind: 'listener' });
  const waits = lab.ask('waits.example', 'tcp');
  await until(() => faults.made > 0);
  await ask(2);
  assert.equal(lab.resolver.counters.events.tcpMadeRoom, 0);
  lab.clock.skip(2);
  await until(() => lab.resolver.counters.events.tcpMadeRoom === 1);
  faults.clear();
  await waits;
});
