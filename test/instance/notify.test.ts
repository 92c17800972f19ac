// notify.test — systemd hears when an instance serves, stops and is alive, if it asks, and from no other process.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { type Means, serviceManager } from '../../src/instance/notify.ts';
import { freePort } from '../lab/free-port.ts';
import { Program, twindns } from '../lab/program.ts';

/** What was sent, and a clock that is turned by hand. */
function recorded(env: NodeJS.ProcessEnv) {
  const sent: string[] = [];
  const timers: { ms: number; task: () => void }[] = [];
  const means: Means = {
    send: (name, text) => sent.push(`${name}: ${text.replaceAll('\n', ' | ')}`),
    every: (ms, task) => timers.push({ ms, task }),
    pid: 7,
  };
  return { manager: serviceManager(env, means), sent, timers };
}

test('what is told is told to the socket that is named, and the environment has it no more', () => {
  const env = { NOTIFY_SOCKET: '/run/systemd/notify', PATH: '/bin' };
  const { manager, sent, timers } = recorded(env);
  manager.waits('for the cluster DNS');
  manager.ready('answers on 127.0.0.1:53');
  manager.stopping();
  assert.deepEqual(sent, [
    '/run/systemd/notify: STATUS=waits for the cluster DNS',
    '/run/systemd/notify: READY=1 | STATUS=answers on 127.0.0.1:53',
    '/run/systemd/notify: STOPPING=1 | STATUS=stops: answers what it has received',
  ]);
  assert.deepEqual([env, timers], [{ PATH: '/bin' }, []]);
});

test('an abstract name is known by its @; what is neither that nor a path is told nothing', () => {
  const abstract = recorded({ NOTIFY_SOCKET: '@notify', WATCHDOG_USEC: '30000000' });
  abstract.manager.ready('so');
  assert.deepEqual(abstract.sent, ['notify: READY=1 | STATUS=so']);
  for (const socket of ['vsock:2:1', '', '@', undefined]) {
    const { manager, sent, timers } = recorded(
      socket === undefined ? {} : { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000' },
    );
    manager.ready('so');
    manager.stopping();
    assert.deepEqual([sent, timers], [[], []], socket);
  }
});

test('it says that it is alive twice in the time it may be silent, and only where it is the one that is meant', () => {
  const watched = { NOTIFY_SOCKET: '/n', WATCHDOG_USEC: '30000000' };
  for (const whom of [{}, { WATCHDOG_PID: '7' }]) {
    const { timers, sent } = recorded({ ...watched, ...whom });
    assert.deepEqual(
      timers.map(({ ms }) => ms),
      [15_000],
    );
    timers[0]!.task();
    assert.deepEqual(sent, ['/n: WATCHDOG=1']);
  }
  for (const other of [{ WATCHDOG_PID: '8' }, { WATCHDOG_USEC: '0' }, { WATCHDOG_USEC: 'soon' }])
    assert.deepEqual(recorded({ ...watched, ...other }).timers, []);
});

/** Node.js has no such socket. */
const receiver = `
import socket, sys
taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
taker.bind(sys.argv[1])
print('bound', flush=True)
while True: print(taker.recv(1000).decode().replace('\\n', ' | '), flush=True)
`;

test('an instance tells it', { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-notify-'));
  const socket = join(folder, 'notify');
  const listener = spawn('python3', ['-c', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => {
    listener.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  assert.equal(await next(), 'bound');
  const port = await freePort();
  const flags = [`--port=${port}`, `--admin=127.0.0.1:${await freePort()}`, '--upstream=192.0.2.1'];
  const env = {
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: '200000',
    TWINDNS_CHANNEL_DIRECTORY: join(folder, 'pair'),
  };
  const { child } = Program.start(t, [...twindns, 'run', ...flags], { env });
  const told = [];
  while (!told.at(-1)?.startsWith('READY')) told.push(await next());
  assert.equal(told.at(-1), `READY=1 | STATUS=answers on 127.0.0.1:${port}`);
  assert.equal(await next(), 'WATCHDOG=1');
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  while (!told.at(-1)?.startsWith('STOPPING')) told.push(await next());
  await closed;
});
