// surge.test — a slot's new process starts before the old one goes; while both are there, the other slot's instance goes, too.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, launchInstance, socketsOf, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';

test('a second process of a slot waits until the first has ended, and then goes on: nothing is lost', {
  timeout: 60_000,
}, async (t) => {
  const upstream = await startDemoUpstream({ delayMs: 5 });
  t.after(() => upstream.stop());
  const port = await freePort();
  const flags = (slot: Slot) => [
    ...[`--port=${port}`, `--slot=${slot}`, '--upstream=/dev/null', '--log-format=text'],
    `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
  ];
  const primary = await startInstance(t, flags('primary'));
  const old = await startInstance(t, flags('secondary'));
  await primary.program.says(/twin found/);
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 3000, ports: 64, name });
  const next = await launchInstance(t, flags('secondary'));
  await next.program.says(/another process has this slot: this one waits/);
  const ready = await fetch(`http://127.0.0.1:${old.admin.port}/ready`);
  assert.deepEqual(
    [ready.status, await ready.text()],
    [503, 'Another process waits for the slot of this one, so which of them is meant is not known.\n'],
  );
  const sockets = socketsOf(old);
  const { custody } = await primary.status();
  assert.equal(custody.enabled && custody.twins.length, 1, 'the one that waits is no twin yet');
  await end(old, 'SIGTERM');
  await next.program.says(/listening/);
  assert.equal((await fetch(`http://127.0.0.1:${next.admin.port}/ready`)).status, 200);
  assert.ok(
    [...socketsOf(next)].some((socket) => sockets.has(socket)),
    'it has the sockets of its slot',
  );
  await next.program.says(/twin found/);
  await end(primary, 'SIGKILL');
  await startInstance(t, flags('primary'));
  const { sent, never, wrong } = await load.finish();
  assert.ok(sent > 1000, `only ${sent} queries were sent`);
  assert.deepEqual({ never, wrong }, { never: 0, wrong: 0 }, next.program.said);
});

const name = () => 'kubernetes.default.svc.cluster.local';

async function end({ program }: Instance, signal: NodeJS.Signals): Promise<void> {
  const exit = once(program.child, 'exit');
  program.child.kill(signal);
  await exit;
}
