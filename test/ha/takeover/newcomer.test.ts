// newcomer.test — a new process of a slot rehearses; whoever has read the slot's sockets until then reads on for a while, and
// says when it no longer does.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Slot } from '../../../src/config.ts';
import { QUESTIONS } from '../../../src/rehearsal/rehearsal.ts';
import { freePort } from '../../lab/free-port.ts';
import { type Instance, startInstance } from '../../lab/instance.ts';

test('a newcomer is helped at first, and alone later', { timeout: 20_000 }, async (t) => {
  const { primary } = await replaced(t);
  assert.deepEqual(await reads(primary), ['own', 'new']);
  assert.doesNotMatch(primary.program.said, /alone/);
  await primary.program.says(/the twin reads its sockets alone/);
  assert.deepEqual(await reads(primary), ['own']);
  primary.program.child.kill('SIGTERM');
  await primary.program.ended;
  assert.doesNotMatch(primary.program.said, /only just begun/);
});

test('a newcomer rehearses before it serves, one that nobody serves for does not', {
  timeout: 20_000,
}, async (t) => {
  const { primary, former, newcomer } = await replaced(t);
  // Where other tests take the processors it must not.
  const rehearsed = `(rehearsed +answers=${QUESTIONS}|not rehearsed: processor time is short).*listening`;
  assert.match(newcomer.program.said, new RegExp(rehearsed, 's'));
  for (const { program } of [primary, former]) assert.doesNotMatch(program.said, /rehears/);
});

/** A secondary that was killed and started again; the primary has found the new one. */
async function replaced(t: TestContext) {
  const port = await freePort();
  const flags = [`--port=${port}`, '--upstream=192.0.2.1', '--log-format=text', '--log-level=debug'];
  const start = (slot: Slot) => startInstance(t, [...flags, `--slot=${slot}`]);
  const primary = await start('primary');
  const former = await start('secondary');
  await primary.program.says(/twin found/);
  former.program.child.kill('SIGKILL');
  await primary.program.says(/twin died/);
  const newcomer = await start('secondary');
  await primary.program.says(/(twin found.*\s.*){2}/s);
  return { primary, former, newcomer };
}

/** Why it reads what it reads. */
async function reads({ status }: Instance): Promise<string[]> {
  const { custody } = await status();
  assert.ok(custody.enabled);
  return custody.reads.map(({ reason }) => reason);
}
