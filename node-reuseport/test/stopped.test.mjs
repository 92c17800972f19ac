// stopped.test — a process that is stopped between looking and calling looks again when it goes on, however late.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Arena, HEAD_USER, read } from 'node-reuseport';
import { killChild, startChild } from './lab/child.mjs';
import { runCommand } from './lab/command.mjs';
import { connection } from './lab/connection.mjs';
import { withCopy } from './lab/copy.mjs';

const OWN = HEAD_USER;
const TAKEN = HEAD_USER + 1;
const STOPS = 200;

/** Writes its number all the time, and has another one whenever it finds that taken. */
const writer = `
  import { writeSync } from 'node:fs';
  const arena = new reuseport.Arena({ ring: 1 });
  const fence = new reuseport.Fence(arena.fd, ${OWN});
  fence.watch(0, 4, ${TAKEN});
  console.log('started');
  for (let number = 1; ; ) {
    arena.header[${OWN}] = number;
    const result = fence.write(3, Uint8Array.of(number), 0, 1);
    if (result === -reuseport.ESTALE) {
      number++;
      writeSync(1, 'found');
    } else if (result !== 1 && result !== -reuseport.EAGAIN) throw new Error(String(result));
  }`;

const isStopped = (pid) => / T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1').slice(0, 40));

/** How often it wrote once more what had been taken while it was stopped. */
async function written(env) {
  const { client, server } = await connection();
  const arena = new Arena({ ring: 1 });
  const child = await startChild(writer, [server, arena.fd], env);
  const buffer = Buffer.alloc(1 << 20);
  const wrote = (number) => {
    let found = false;
    for (let got = 1; got > 0; found ||= buffer.subarray(0, Math.max(0, got)).includes(number))
      got = read(client, buffer, 0, buffer.length);
    return found;
  };
  let count = 0;
  try {
    for (let number = 1; number <= STOPS; number++) {
      await pause(Math.random() * 3); // it is stopped wherever it happens to be
      child.kill('SIGSTOP');
      while (!isStopped(child.pid)) await pause(0);
      wrote(number); // before it was taken
      arena.header[TAKEN] = number;
      const found = once(child.stdout, 'data');
      child.kill('SIGCONT');
      await found;
      if (wrote(number)) count++;
    }
  } finally {
    await killChild(child);
  }
  return count;
}

/** Calls `use` with an addon that pauses between looking and calling, or hardly one of the stops would come there. */
async function withPausing(use) {
  const built = process.env.NODE_REUSEPORT_PAUSING; // where there is no compiler
  if (built !== undefined) return use(built);
  await withCopy(async (copy) => {
    const build = await runCommand(process.execPath, ['build.mjs', '--', '-Dfence_pause=1000000'], {
      cwd: copy,
    });
    assert.equal(build.status, 0, build.output);
    await use(join(copy, 'build/Release/node_reuseport.node'));
  });
}

test('a process stopped just before a call does not make it when its descriptor was taken meanwhile', async () => {
  await withPausing(async (addon) => {
    const env = { NODE_REUSEPORT_ADDON: addon };
    assert.equal(await written(env), 0);
    const inexact = await written({ ...env, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' });
    assert.ok(inexact > STOPS / 10, `only ${inexact} of ${STOPS} came there: this test sees nothing`);
  });
});
