// newcomer.test — whoever has read the sockets of a slot reads on when its new process serves, and says when it no longer does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slot } from '../../src/config.ts';
import { freePort } from '../lab/free-port.ts';
import { type Instance, startInstance } from '../lab/instance.ts';

test('a newcomer is helped at first, and alone later', { timeout: 20_000 }, async (t) => {
  const port = await freePort();
  const flags = [`--port=${port}`, '--upstream=192.0.2.1', '--log-format=text'];
  const start = (slot: Slot) => startInstance(t, [...flags, `--slot=${slot}`]);
  const primary = await start('primary');
  const former = await start('secondary');
  await primary.program.says(/twin found/);
  former.program.child.kill('SIGKILL');
  await primary.program.says(/twin died/);
  await start('secondary');
  await primary.program.says(/(twin found.*\s.*){2}/s);
  assert.deepEqual(await reads(primary), ['own', 'new']);
  assert.doesNotMatch(primary.program.said, /alone/);
  await primary.program.says(/the twin reads its sockets alone/);
  assert.deepEqual(await reads(primary), ['own']);
});

/** Why it reads what it reads. */
async function reads({ status }: Instance): Promise<string[]> {
  const { custody } = await status();
  assert.ok(custody.enabled);
  return custody.reads.map(({ reason }) => reason);
}
