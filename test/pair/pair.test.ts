// pair.test — both instances come and go with their supervisor, however it ends.

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { askStatus } from '../../src/admin/ask-status.ts';
import { freePort, twoFreePorts } from '../lab/free-port.ts';

const main = fileURLToPath(new URL('../../bundle/twindns.mjs', import.meta.url));

const limit = { timeout: 15_000 };

interface Pair {
  readonly supervisor: ChildProcess;
  readonly admin: number;
  /** What it wrote on stderr until it served or ended. */
  readonly said: string;
}

/** Starts a demo pair and waits until it serves or has ended. */
async function started(t: TestContext, port: number, under: readonly string[] = []): Promise<Pair> {
  const admin = await twoFreePorts();
  const args = [
    main,
    'pair',
    '--demo',
    '--log-format=json',
    '--port',
    String(port),
    '--admin',
    `127.0.0.1:${admin}`,
  ];
  const [file, ...rest] = [...under, process.execPath, ...args];
  const supervisor = spawn(file!, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => supervisor.kill('SIGKILL'));
  let said = '';
  supervisor.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('Ctrl-C')) supervisor.emit('serving');
  });
  await Promise.race([once(supervisor, 'serving'), once(supervisor, 'close')]);
  return { supervisor, admin, said };
}

async function pids(admin: number): Promise<number[]> {
  const ports = [admin, admin + 1];
  const statuses = await Promise.all(ports.map((port) => askStatus({ address: '127.0.0.1', port }, 2000)));
  return statuses.map(({ pid }) => pid);
}

/** Resolves when no such process runs; a zombie does not run. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await pause(10);
  }
}

/** Becomes the command, whose output goes to a terminal that takes not one byte more, as after Ctrl-S. */
const stoppedTerminal = `import fcntl, os, pty, sys
master, slave = pty.openpty()
os.set_inheritable(master, True)
fcntl.fcntl(slave, fcntl.F_SETFL, os.O_NONBLOCK)
try:
    while True: os.write(slave, b'x' * 1024)
except BlockingIOError:
    fcntl.fcntl(slave, fcntl.F_SETFL, 0)
os.dup2(slave, 1)
os.execv(sys.argv[1], sys.argv[1:])`;

test('a supervisor whose output is not read starts again what dies', limit, async (t) => {
  const { admin } = await started(t, await freePort(), ['python3', '-c', stoppedTerminal]);
  const [primary] = await pids(admin);
  process.kill(primary!, 'SIGKILL');
  for (let now = primary; now === primary; ) {
    const port = { address: '127.0.0.1', port: admin };
    now = await askStatus(port, 2000).then(
      ({ pid }) => pid,
      () => primary, // not there yet
    );
  }
});

test('it says where it answers and how to try it, and SIGTERM ends all of it with 0', limit, async (t) => {
  const port = await freePort();
  const { supervisor, admin, said } = await started(t, port);
  assert.match(said, new RegExp(`dig @127\\.0\\.0\\.1 -p ${port} `));
  const children = await pids(admin);
  supervisor.kill('SIGTERM');
  assert.deepEqual(await once(supervisor, 'exit'), [0, null]);
  await Promise.all(children.map(gone));
});

test('no instance outlives a supervisor that was killed', limit, async (t) => {
  const { supervisor, admin } = await started(t, await freePort());
  const children = await pids(admin);
  supervisor.kill('SIGKILL');
  await Promise.all(children.map(gone));
});

test(
  'a port that is taken is told in one sentence, with exit code 5, and nothing is tried again',
  limit,
  async (t) => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address();
    const { supervisor, said } = await started(t, port);
    assert.equal(supervisor.exitCode, 5);
    assert.match(said, new RegExp(`^twindns: .*127\\.0\\.0\\.1:${port}.*\\n$`));
  },
);

test(
  'a second pair on the same port is refused, with exit code 5, and the first goes on',
  limit,
  async (t) => {
    const port = await freePort();
    const { admin } = await started(t, port);
    const second = await started(t, port);
    assert.equal(second.supervisor.exitCode, 5);
    assert.match(second.said, new RegExp(`^twindns: .*port ${port} already.*\\n$`));
    assert.equal((await pids(admin)).length, 2);
  },
);
