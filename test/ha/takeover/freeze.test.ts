// freeze.test — while one instance is stopped, its share of the queries is answered by the other; without it, it waits.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { freePort } from '../../lab/free-port.ts';
import { startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';

/** How long the instance is stopped, milliseconds: that is the fault itself, not a wait for something. */
const FREEZE = 700;

/** Queries, all of them hits, that were answered more than 250 ms late, and those never answered. */
async function frozen(t: TestContext, flags: readonly string[]) {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const args = [
    `--port=${port}`,
    `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
    '--upstream=/dev/null',
    ...flags,
  ];
  const victim = await startInstance(t, [...args, '--slot=primary']);
  const helper = await startInstance(t, [...args, '--slot=secondary']);
  const name = () => 'kubernetes.default.svc.cluster.local';
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 2000, ports: 64, name });
  const served = async () => (await victim.status()).answers > 50 && (await helper.status()).answers > 50;
  while (!(await served())) await pause(10);
  victim.program.child.kill('SIGSTOP');
  await pause(FREEZE);
  victim.program.child.kill('SIGCONT');
  const { never, sent } = await load.finish();
  assert.ok(sent > 1000);
  return { late: load.ledger.late(250), never };
}

test('queries to a stopped instance are answered within 250 ms by its twin', async (t) => {
  assert.deepEqual(await frozen(t, []), { late: 0, never: 0 });
});

test('without custody its share waits until it runs again', async (t) => {
  const { late } = await frozen(t, ['--no-custody']);
  assert.ok(late > 100, `${late} were late`);
});

test('an instance that stops while its twin hangs leaves both their sockets to it', async (t) => {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: string) =>
    startInstance(t, [`--port=${port}`, dns, '--upstream=/dev/null', `--slot=${slot}`]);
  const leaver = await start('primary');
  const hanging = await start('secondary');
  await leaver.program.says(/twin found/);
  hanging.program.child.kill('SIGSTOP');
  const gone = once(leaver.program.child, 'exit');
  leaver.program.child.kill('SIGTERM');
  await gone;
  hanging.program.child.kill('SIGCONT');
  await hanging.program.says(/twin (left|died)/);
  const next = await start('primary');
  await next.program.says(/twin found/);
  // A newcomer is helped at first.
  const helped = async () => {
    const { custody } = await hanging.status();
    return !custody.enabled || custody.reads.length > 1;
  };
  while (await helped()) await pause(50);
  const name = () => 'kubernetes.default.svc.cluster.local';
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 1000, ports: 64, name });
  while (load.elapsed < 500) await pause(50);
  const { never, sent } = await load.finish();
  assert.ok(sent > 300);
  assert.equal(never, 0);
  const { queries } = await next.status();
  assert.ok(queries > sent / 10, `its old sockets got ${queries} of ${sent} queries`);
});
