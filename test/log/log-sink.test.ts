// log-sink.test — no log line waits for its reader, whatever the log goes to; what is dropped is told of, what is taken is whole.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const sink = JSON.stringify(import.meta.resolve('../../src/log/log-sink.js'));
const LINES = 5000;

/** Writes many lines at once and says how many milliseconds they took; then a line for each "more", and the last at "end". */
const script = `import { createLogSink } from ${sink};
  const write = createLogSink(1);
  let i = 0;
  const line = () => write('line ' + i++ + ' ' + 'x'.repeat(200) + '\\n');
  const began = performance.now();
  while (i < ${LINES}) line();
  process.send({ ms: performance.now() - began });
  process.on('message', (told) => {
    if (told === 'more') return line();
    write('the last\\n');
    process.exit(0);
  });`;

function start(t: TestContext, stdout: 'pipe' | number, under: readonly string[] = []) {
  const [file, ...args] = [...under, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(file!, args, { stdio: ['ignore', stdout, 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Each line is whole, they come in their order, and those that are missing are told of; returns how many those are. */
function check(text: string, written = LINES): number {
  const lines = text.split('\n');
  assert.equal(lines.pop(), '');
  let next = 0;
  let dropped = 0;
  let told = 0;
  for (const line of lines.slice(0, -1)) {
    const [, number] = /^line (\d+) x{200}$/.exec(line) ?? [];
    if (number === undefined) {
      dropped += JSON.parse(line).dropped;
      told++;
      continue;
    }
    assert.ok(Number(number) >= next, line);
    next = Number(number) + 1;
  }
  assert.equal(lines.at(-1), 'the last');
  assert.equal(lines.length - 1 - told + dropped, written, `${dropped} are told of as dropped`);
  return dropped;
}

test('a socket that is not read, as a supervisor or journald gives, holds nothing up', {
  timeout: 20_000,
}, async (t) => {
  const child = start(t, 'pipe'); // a unix socket
  const [{ ms }] = (await once(child, 'message')) as [{ ms: number }];
  assert.ok(ms < 2000, `${ms} ms`);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  // A line that comes through says that all before it was read. One that is dropped says that there is more to read.
  let written = LINES;
  for (; !text.includes(`line ${written - 1} `) || !text.endsWith('\n'); written++) {
    child.send('more');
    await once(child.stdout!, 'data');
  }
  child.send('end');
  await once(child, 'close');
  assert.match(text, /log lines dropped, reader too slow/);
  check(text, written);
});

test('a terminal that is stopped holds nothing up', { timeout: 20_000 }, async (t) => {
  // The program that makes the terminal never reads from it.
  const terminal = `import os, pty, subprocess, sys
master, slave = pty.openpty()
sys.exit(subprocess.call(sys.argv[1:], stdout=slave, close_fds=False))`;
  const child = start(t, 'pipe', ['python3', '-c', terminal]);
  const [{ ms }] = (await once(child, 'message')) as [{ ms: number }];
  assert.ok(ms < 2000, `${ms} ms`);
  child.send('end');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('a pipe of another user, which cannot be opened again, holds nothing up, not even the exit', {
  timeout: 20_000,
}, async (t) => {
  const other = `import os, subprocess, sys
reader, writer = os.pipe()
sys.exit(subprocess.call(sys.argv[1:], stdout=writer, close_fds=False, user=65534))`;
  const child = start(t, 'pipe', ['python3', '-c', other]);
  const [{ ms }] = (await once(child, 'message')) as [{ ms: number }];
  assert.ok(ms < 2000, `${ms} ms`);
  await new Promise((resolve) => setTimeout(resolve, 300)); // what is counted as a write that hangs takes this long
  child.send('end');
  assert.deepEqual(await once(child, 'close'), [256 - 9, null]);
});

test('what a thread writes to a pipe of another user comes in order', { timeout: 20_000 }, async (t) => {
  const other = `import os, subprocess, sys
reader, writer = os.pipe()
child = subprocess.Popen(sys.argv[1:], stdout=writer, close_fds=False, user=65534)
os.close(writer)
os.dup2(reader, 0)
os.execvp('cat', ['cat'])`;
  const child = start(t, 'pipe', ['python3', '-c', other]);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'message');
  child.send('end');
  await once(child, 'close');
  assert.equal(check(text), 0);
});

test('a file has every line, in order, also the last before the exit', { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const fd = openSync(path, 'w');
  const child = start(t, fd);
  closeSync(fd);
  await once(child, 'message');
  child.send('end');
  await once(child, 'close');
  assert.equal(check(readFileSync(path, 'utf8')), 0);
});

test('a reader that is gone is told of once', { timeout: 20_000 }, async (t) => {
  const told = `import { createLogSink } from ${sink};
    let gone = 0;
    const write = createLogSink(1, () => gone++);
    process.once('message', () => {
      for (let i = 0; i < 3; i++) write('into the void\\n');
      process.send({ gone });
      process.exit(0);
    });
    process.send('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', told], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  child.stdout!.destroy();
  await once(child.stdout!, 'close');
  child.send('go');
  assert.deepEqual(await once(child, 'message').then(([said]) => said), { gone: 1 });
});

test('a disk that is full is no reader that is gone: a supervisor goes on', {
  timeout: 20_000,
}, async (t) => {
  const fd = openSync('/dev/full', 'w');
  const told = `import { createLogSink } from ${sink};
    let gone = 0;
    const write = createLogSink(1, () => gone++);
    for (let i = 0; i < 3; i++) write('no room\\n');
    process.send({ gone });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', told], {
    stdio: ['ignore', fd, 'inherit', 'ipc'],
  });
  closeSync(fd);
  t.after(() => child.kill('SIGKILL'));
  assert.deepEqual(await once(child, 'message').then(([said]) => said), { gone: 0 });
  child.disconnect();
});
