// told-to-stop.test — a signal to `npm start` alone ends all of it in order, whichever of its processes gets it, at any time.

import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { checkout, familyOf, Program, runs } from '../lab/program.ts';

/** Milliseconds within which nothing of it may run any more. */
const IN_TIME = 2000;

const starts = {
  npm: ['npm', 'start', '--'],
  'set-up': [process.execPath, 'src/set-up.mjs', 'start'],
} as const;

/** Signals one process, and nothing else; resolves to its exit code when nothing of its family runs any more. */
async function ended(program: Program, signal: NodeJS.Signals, told = program.pid): Promise<number> {
  const family = familyOf(program.pid);
  const from = performance.now();
  process.kill(told, signal);
  const late = new AbortController();
  const { status } = await Promise.race([
    program.ended,
    pause(IN_TIME, undefined, { signal: late.signal }).then(() =>
      assert.fail(`it still runs: ${program.said}`),
    ),
  ]).finally(() => late.abort());
  while (family.some(runs)) {
    assert.ok(performance.now() - from < IN_TIME, `${family.filter(runs)} of ${family} still run`);
    await pause(10);
  }
  return status;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it runs any more.
  }
}

describe('npm start that serves', { timeout: 60_000 }, () => {
  async function serving(t: TestContext, start: keyof typeof starts): Promise<Program> {
    const flags = ['--port', String(await freePort()), '--admin', `127.0.0.1:${await twoFreePorts()}`];
    const program = new Program([...starts[start], ...flags], { group: true });
    t.after(() => {
      endGroup(program.pid); // also what npm left behind; instances are in groups of their own, and see it
      return program.kill();
    });
    await program.says(/Ctrl-C/, 30_000);
    return program;
  }

  for (const start of ['npm', 'set-up'] as const)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      test(`${signal} to ${start} alone`, async (t) => {
        const program = await serving(t, start);
        assert.equal(await ended(program, signal), 0);
        assert.equal(program.said.match(/"msg":"stopped"/g)?.length, 2, 'both instances stop in order');
      });

  test('SIGKILL to npm alone, which can pass nothing on', async (t) => {
    const program = await serving(t, 'npm');
    await ended(program, 'SIGKILL');
    assert.equal(program.said.match(/"msg":"stopped"/g)?.length, 2, 'both instances stop in order');
  });

  test('a Ctrl-C that comes to each of them, and by npm once more, is one wish', async (t) => {
    const program = await serving(t, 'npm');
    assert.equal(await ended(program, 'SIGINT', -program.pid), 0);
    assert.equal(program.said.match(/"msg":"stopped"/g)?.length, 2, 'both instances stop in order');
  });
});

describe('npm start that still installs', { timeout: 60_000 }, () => {
  /** A checkout without packages, and an npm that installs without end, in a process below it. */
  async function installing(t: TestContext): Promise<Program> {
    const root = mkdtempSync(join(tmpdir(), 'twindns-stop-'));
    t.after(() => rmSync(root, { recursive: true }));
    for (const part of ['package.json', 'package-lock.json', 'src/set-up.mjs', 'src/set-up'])
      cpSync(join(checkout, part), join(root, part), { recursive: true });
    mkdirSync(join(root, 'bin'));
    writeFileSync(join(root, 'bin/npm'), '#!/bin/sh\nsleep 1000 &\necho begun >&2\nwait\n');
    chmodSync(join(root, 'bin/npm'), 0o755);
    const env = { PATH: `${root}/bin:/usr/bin:/bin` };
    const program = new Program(starts['set-up'], { cwd: root, env });
    await program.says(/begun/);
    const family = familyOf(program.pid);
    t.after(() => {
      for (const pid of family.filter(runs)) process.kill(pid, 'SIGKILL');
      return program.kill();
    });
    assert.equal(family.length, 3, 'set-up, npm and what it runs');
    return program;
  }

  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)
    test(`${signal} to set-up`, async (t) => {
      assert.equal(await ended(await installing(t), signal), status);
    });
});
