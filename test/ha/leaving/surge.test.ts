// surge.test — a slot's new process starts before the old one goes; while both are there, the other slot's instance goes, too.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Slot } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`the new one of two processes of a slot loses nothing when the twin gets ${signal} and the old one leaves`, {
    timeout: 60_000,
  }, async (t) => {
    const upstream = await startDemoUpstream({ delayMs: 5 });
    t.after(() => upstream.stop());
    const port = await freePort();
    const start = (slot: Slot) =>
      startInstance(t, [
        ...[`--port=${port}`, `--slot=${slot}`, '--upstream=/dev/null', '--log-format=text'],
        `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
      ]);
    const primary = await start('primary');
    const old = await start('secondary');
    const load = new Load({ target: { address: '127.0.0.1', port }, rate: 3000, ports: 64, name });
    const fresh = await start('secondary');
    await fresh.program.says(/twin found.*primary/);
    await old.program.says(/twin found twin=secondary/);
    await end(primary, signal);
    await end(old, 'SIGTERM');
    await start('primary');
    const { sent, never, wrong } = await load.finish();
    assert.ok(sent > 1000, `only ${sent} queries were sent`);
    assert.deepEqual({ never, wrong }, { never: 0, wrong: 0 }, fresh.program.said);
  });
}

const name = () => 'kubernetes.default.svc.cluster.local';

async function end({ program }: Instance, signal: NodeJS.Signals): Promise<void> {
  const exit = once(program.child, 'exit');
  program.child.kill(signal);
  await exit;
}
