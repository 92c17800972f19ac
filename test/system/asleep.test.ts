// asleep.test — a pair that is asked nothing does nothing: neither beats, neither looks. And the first query finds a hang.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { activityOf } from '../../chaos/host/wakeups.ts';
import { slots } from '../../src/config.ts';
import { startDemoUpstream } from '../../src/demo/upstream.ts';
import { askUdp } from '../lab/client.ts';
import { freePort } from '../lab/free-port.ts';
import { startInstance } from '../lab/instance.ts';
import { buildQuery } from '../lab/wire.ts';

/** Milliseconds that are watched, and the most an instance may wake up in them: each looks around once a second. */
const WATCHED = 400;
const MOST = 4;
/** Milliseconds within which a pair that has just begun sleeps. */
const ASLEEP = 5000;
/** Milliseconds: 250 are promised where there is processor time left over; by itself it would never answer. */
const LATE = 1500;
/** An instance that hangs gets half of the queries, so one of these at least. */
const QUERIES = 24;

test('an idle pair sleeps, and queries to an instance that hangs meanwhile are answered by its twin', async (t) => {
  const upstream = await startDemoUpstream();
  t.after(() => upstream.stop());
  const port = await freePort();
  const args = [
    `--port=${port}`,
    `--cluster-dns=127.0.0.1:${upstream.endpoint.port}`,
    '--upstream=/dev/null',
  ];
  const [victim, helper] = [
    await startInstance(t, [...args, '--slot=primary']),
    await startInstance(t, [...args, '--slot=secondary']),
  ];
  const wakeups = () => [victim, helper].map(({ program }) => activityOf(program.pid).wakeups);
  const giveUp = performance.now() + ASLEEP;
  for (let most = Number.POSITIVE_INFINITY; most > MOST; ) {
    assert.ok(
      performance.now() < giveUp,
      `one of ${slots.join(' and ')} wakes up ${most} times in ${WATCHED} ms`,
    );
    const before = wakeups();
    await pause(WATCHED);
    most = Math.max(...wakeups().map((count, i) => count - before[i]!));
  }
  victim.program.child.kill('SIGSTOP');
  const took = await Promise.all(
    Array.from({ length: QUERIES }, async (_, i) => {
      const started = performance.now();
      await askUdp({ address: '127.0.0.1', port }, buildQuery({ name: `x-${i}.cluster.local` }));
      return performance.now() - started;
    }),
  );
  victim.program.child.kill('SIGCONT');
  assert.ok(Math.max(...took) < LATE, `${took.map(Math.round)} ms`);
  const { custody } = await helper.status();
  assert.ok(custody.enabled && custody.stolen > 0, 'it was read beside the one that hung');
});
