// throttled.test — an instance that gets little of the processor, as pods with a limit do, costs no query: its twin reads
// beside it while it is kept from running.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startDemoUpstream } from '../../../src/demo/upstream.ts';
import { NOERROR, NXDOMAIN } from '../../../src/message/message.ts';
import { limitCpu } from '../../lab/cpu-quota.ts';
import { freePort } from '../../lab/free-port.ts';
import { startInstance } from '../../lab/instance.ts';
import { Load } from '../../lab/load.ts';

/** How long the instance is short of the processor, milliseconds. */
const SHORTAGE = 3000;
/** Names that are hits after a moment, and among them new ones that must wait for the upstream. */
const isNew = (n: number) => n % 10 === 0;
const name = (n: number) => (isNew(n) ? `new-${n}.cluster.local` : 'kubernetes.default.svc.cluster.local');
const rcode = (n: number) => (isNew(n) ? NXDOMAIN : NOERROR);

/** @param run milliseconds of each `period` in which the instance may run */
async function throttled(t: TestContext, run: number, period: number, flags: readonly string[]) {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const dns = `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`;
  const start = (slot: string) =>
    startInstance(t, [`--port=${port}`, dns, '--upstream=/dev/null', `--slot=${slot}`, ...flags]);
  const victim = await start('primary');
  await start('secondary');
  if (flags.length === 0) await victim.program.says(/twin found/);
  const load = Load.start(t, { target: { address: '127.0.0.1', port }, rate: 2000, ports: 64, name, rcode });
  while ((await victim.status()).answers < 50) await pause(10);
  const quota = limitCpu(t, victim.program.pid, run, period);
  await pause(SHORTAGE);
  const times = quota.throttled();
  assert.ok(times > SHORTAGE / period / 2, `kept from running ${times} times only`);
  const { never, sent, worst, wrong } = await load.finish();
  assert.ok(sent > 2000);
  t.diagnostic(`${quota.by}: kept from running ${times} times; slowest answer ${worst.toFixed()} ms`);
  return { late: load.ledger.late(250), never, wrong };
}

for (const [run, period] of [
  [2, 100],
  [10, 1000],
] as const) {
  test(`no query is lost or late with an instance that may run ${run} of each ${period} ms`, async (t) => {
    assert.deepEqual(await throttled(t, run, period, []), { late: 0, never: 0, wrong: 0 });
  });
}

test('without custody such an instance keeps its share of the queries waiting', async (t) => {
  const { late } = await throttled(t, 10, 1000, ['--no-custody']);
  assert.ok(late > 100, `${late} were late`);
});
