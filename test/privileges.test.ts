// privileges.test — an instance started by hand as root keeps what it needs and nothing else, and its cache is in no core file.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { freePort, twoFreePorts } from './lab/free-port.ts';
import { type Instance, startInstance } from './lab/instance.ts';
import { familyOf, Program, statusOf, twindns } from './lab/program.ts';

const NEEDED = (1 << 10) | (1 << 12); // NET_BIND_SERVICE, NET_ADMIN
const NET_RAW = 1 << 13;

const setOf = (pid: number | string, name: string) =>
  Number.parseInt(new RegExp(`^${name}:\\s+([0-9a-f]+)$`, 'm').exec(statusOf(pid as number))![1]!, 16);

/** Soft limit of core files, and the mask of what is written. */
function privacyOf(pid: number): string[] {
  const [, soft] = /^Max core file size +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))!;
  const [, mask] = /^Umask:\s+(\d+)$/m.exec(statusOf(pid))!;
  return [soft!, mask!];
}

async function started(t: TestContext, ...args: string[]): Promise<Instance> {
  const port = await freePort();
  return startInstance(
    t,
    [`--port=${port}`, '--upstream=192.0.2.1', ...args],
    ['prlimit', '--core=unlimited'],
  );
}

test('what root may do beyond its needs is given up by all threads that run our code, with a line', async (t) => {
  const { program } = await started(t, '--rules=none');
  assert.match(program.said, /"kept":\["NET_BIND_SERVICE","NET_ADMIN"\].*capabilities .* given up/);
  for (const name of ['CapEff', 'CapPrm', 'CapBnd']) assert.equal(setOf(program.pid, name), NEEDED, name);
  for (const name of ['CapInh', 'CapAmb']) assert.equal(setOf(program.pid, name), 0, name);
  const threads = readdirSync(`/proc/${program.pid}/task`).map((id) =>
    setOf(`${program.pid}/task/${id}`, 'CapEff'),
  );
  // One thread of Node.js takes no signal: that in which it waits for SIGUSR1, and does nothing else.
  assert.ok(threads.length > 3 && threads.filter((set) => set !== NEEDED).length <= 1, String(threads));
});

test('iptables has what it needs, and a core file is left where it was asked for', async (t) => {
  const { program } = await started(t, '--core-files');
  assert.equal(setOf(program.pid, 'CapEff'), NEEDED | NET_RAW);
  assert.deepEqual(privacyOf(program.pid), ['unlimited', '0077']);
});

test('no process of a pair leaves a core file, nor anything that others may read', async (t) => {
  const flags = [`--port=${await freePort()}`, `--admin=127.0.0.1:${await twoFreePorts()}`];
  const pair = ['prlimit', '--core=unlimited', ...twindns, 'pair', ...flags, '--upstream=192.0.2.1'];
  const program = Program.start(t, pair);
  await program.says(/with two instances/);
  const family = familyOf(program.pid);
  assert.equal(family.length, 3);
  for (const pid of family) assert.deepEqual(privacyOf(pid), ['1', '0077']);
});
