// custody.test — with twins, no query is lost when one is killed, told to stop or started again; without, some are.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Account } from '../../../chaos/load/ledger.ts';
import type { Slot } from '../../../src/config.ts';
import { slots } from '../../../src/config.ts';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';

/** Names that are hits after a moment, and among them new ones that must wait for the upstream. */
const name = (n: number) =>
  n % 10 === 0 ? `new-${n}.cluster.local` : 'kubernetes.default.svc.cluster.local';

/** Ends each instance in turn by each signal, under load, and starts it again; tells how the queries fared. */
async function disasters(
  t: TestContext,
  signals: readonly NodeJS.Signals[],
  flags: readonly string[],
): Promise<Account> {
  const upstream = await startDemoUpstream({ delayMs: 5 });
  t.after(() => upstream.stop());
  const port = await freePort();
  const start = (slot: Slot) =>
    startInstance(t, [
      `--port=${port}`,
      `--slot=${slot}`,
      `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
      '--upstream=/dev/null',
      '--log-format=text',
      ...flags,
    ]);
  const instances: Record<Slot, Instance> = {
    primary: await start('primary'),
    secondary: await start('secondary'),
  };
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 4000, ports: 64, name });
  for (const signal of signals) {
    for (const slot of slots) {
      const { child } = instances[slot].program;
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
      instances[slot] = await start(slot);
    }
  }
  return load.finish();
}

/** NXDOMAIN is the right answer for the names that do not exist: here only getting one counts. */
function lost({ sent, never }: Account): number {
  assert.ok(sent > 1000, `only ${sent} queries were sent`);
  return never;
}

const twice = <T>(value: T): T[] => [value, value];

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`no query is lost while each instance in turn gets ${signal} under load`, async (t) => {
    assert.equal(lost(await disasters(t, twice(signal), [])), 0);
  });
}

test('the same load loses queries when nobody looks after the sockets of the dead', async (t) => {
  assert.ok(lost(await disasters(t, twice('SIGKILL' as const), ['--no-custody'])) > 0);
});
