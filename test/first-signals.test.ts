// first-signals.test — SIGUSR1 opens no debugger, however early it comes, and ends no process; SIGHUP ends no instance.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, twoFreePorts } from './lab/free-port.ts';
import { Program, statusOf, twindns } from './lab/program.ts';
import { root } from './repository/files.ts';

/** Resolves once the process has a handler for a signal: for SIGUSR1 Node.js itself has one, before any of our code runs. */
async function catches(pid: number, signal: number): Promise<void> {
  for (;;) {
    const mask = /^SigCgt:\s+([0-9a-f]+)/m.exec(statusOf(pid))?.[1] ?? '0';
    if ((BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n) return;
    await pause(1);
  }
}

const { SIGHUP, SIGUSR1 } = constants.signals;

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

async function start(t: TestContext, command: string, ...args: string[]) {
  const [port, admin, debug] = [await freePort(), await twoFreePorts(), await freePort()];
  const [node, main] = twindns;
  const flags = [`--port=${port}`, `--admin=127.0.0.1:${admin}`, '--upstream=192.0.2.1', ...args];
  const program = Program.start(t, [node, `--inspect-port=${debug}`, main, command, ...flags]);
  return { program, debug };
}

for (const [command, ready] of [
  ['run', /"msg":"listening"/],
  ['pair', /with two instances/],
] as const) {
  test(`SIGUSR1 opens no debugger of \`${command}\`, neither before its first line nor when it serves`, async (t) => {
    const { program, debug } = await start(t, command);
    await catches(program.pid, SIGUSR1);
    program.child.kill('SIGUSR1');
    await program.says(ready);
    assert.ok(await refused(debug), 'asked for as Node.js began');
    program.child.kill('SIGUSR1');
    program.child.kill('SIGTERM');
    assert.equal((await program.ended).status, 0);
  });
}

test('SIGUSR1 and SIGHUP are a line each where there is nothing to do', async (t) => {
  const { program } = await start(t, 'run');
  await catches(program.pid, SIGHUP);
  program.child.kill('SIGHUP');
  await program.says(/"msg":"listening"/);
  program.child.kill('SIGHUP');
  program.child.kill('SIGUSR1');
  await program.says(/SIGHUP: there is no file/);
  await program.says(/SIGUSR1: no debugger is opened/);
});

for (const [first, signal] of [
  ['run', null],
  ['-localip', null],
  ['status', 'SIGHUP'],
] as const)
  test(`SIGHUP before the program is loaded ends ${signal === null ? 'no' : 'a'} process with \`${first}\``, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'twindns-signals-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const script = join(folder, 'script.mjs');
    const signals = join(root, 'dist/src/first-signals.js');
    writeFileSync(
      script,
      `await import('${signals}');\nprocess.kill(process.pid, 'SIGHUP');\nsetTimeout(() => {}, 20);\n`,
    );
    assert.equal(spawnSync(process.execPath, [script, first]).signal, signal);
  });
