// inside — a file of tests that runs somewhere else, on another kernel or in another network: its results become results here.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { FailingCalls } from '../../chaos/host/failing-calls.ts';
import { checkout, runToEnd } from './program.ts';
import { type Guest, inUml } from './uml.ts';

/** In a network of its own, which has nothing but a loopback interface and is gone when the tests are done; for root. */
export async function testInNetwork(t: TestContext, module: string): Promise<void> {
  const inNetwork = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const { status, stdout, stderr } = await runToEnd([...inNetwork, ...testCommand(module)], {
    env: outside(),
    timeoutMs: 60_000,
  });
  await report(t, status, stdout, stderr);
}

/** In a process whose system calls can be made to fail; there `FailingCalls.own()` has them. */
export async function testUnderFaults(t: TestContext, module: string): Promise<void> {
  const faults = FailingCalls.build();
  t.after(() => faults.close());
  const env = { ...outside(), ...faults.environment };
  const { status, stdout, stderr } = await runToEnd(testCommand(module), { env, timeoutMs: 60_000 });
  await report(t, status, stdout, stderr);
}

/** On user-mode Linux. */
export async function testInUml(t: TestContext, module: string, guest: Guest = {}): Promise<void> {
  const { status, output } = await inUml(testCommand(module), guest);
  await report(t, status, output);
}

// ---------------------------------------------------------------------------------------------------------------------

function testCommand(module: string): string[] {
  return [process.execPath, '--test-reporter=tap', `${checkout}dist/${module}`];
}

/** With this variable the runner would write for another one instead of for us. */
function outside(): Record<string, string> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return env as Record<string, string>;
}

async function report(t: TestContext, status: number, tap: string, rest = ''): Promise<void> {
  const results = [...tap.matchAll(/^(ok|not ok) \d+ - (.*)\n( {2}---\n[\s\S]*?\n {2}\.\.\.\n)?/gm)];
  for (const [, outcome, name, details] of results) {
    await t.test(name!, () => assert.equal(outcome, 'ok', details));
  }
  for (const [, said] of tap.matchAll(/^# (?!Subtest:|[a-z_]+ [\d.]+$)(.*)$/gm)) t.diagnostic(said!);
  assert.match(
    tap,
    new RegExp(`^1\\.\\.${results.length || 'some'}$`, 'm'),
    `not all tests ran: ${tap}${rest}`,
  );
  if (results.every(([, outcome]) => outcome === 'ok')) assert.equal(status, 0, tap + rest);
}
