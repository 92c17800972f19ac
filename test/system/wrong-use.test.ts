// wrong-use.test — a stranger who gets it wrong is told what happened and the way out, in one sentence.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { freePort, twoFreePorts } from '../lab/free-port.ts';
import { checkout, type Ending, Program, runToEnd, twindns } from '../lab/program.ts';

const upstream = '--upstream=127.0.0.1:9';

/** As on a terminal; in JSON it is the last line of the log. */
const inText = '--log-format=text';

/** The whole of stderr is one line of one or more sentences; nothing is on stdout. */
function assertTold(ending: Ending, status: number, sentence: RegExp): void {
  assert.deepEqual([ending.status, ending.stdout], [status, ''], ending.stderr);
  assert.match(ending.stderr, /^[^\n]+\n$/, 'one line');
  assert.match(ending.stderr, sentence);
}

describe('twindns', { timeout: 30_000 }, () => {
  test('a UDP port another program has', async (t) => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address();
    const admin = `--admin=127.0.0.1:${await twoFreePorts()}`;
    for (const command of ['run', 'pair']) {
      const ending = await runToEnd([...twindns, command, `--port=${port}`, admin, upstream, inText]);
      const sentence = `^twindns: cannot serve DNS at 127\\.0\\.0\\.1:${port}: the port is taken .* --port`;
      assertTold(ending, 5, new RegExp(sentence));
    }
  });

  test('a TCP port another program has', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    const ending = await runToEnd([
      ...twindns,
      'run',
      `--port=${port}`,
      '--admin=127.0.0.1:0',
      upstream,
      inText,
    ]);
    assertTold(ending, 5, /the port is taken .* Stop it, or choose another with --listen or --port/);
  });

  test('an admin port another program has keeps no client from its answers', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const admin = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const port = `--port=${await freePort()}`;
    const program = Program.start(t, [...twindns, 'run', port, `--admin=${admin}`, upstream]);
    const [line] = await program.says(/.*DNS is served without this port.*/);
    assert.match(
      line,
      new RegExp(`"level":"error".*${admin}: the port is taken .* choose another with --admin`),
    );
    await program.says(/"msg":"listening"/);
    program.child.kill('SIGTERM');
    assert.equal((await program.ended).status, 0);
  });

  test('itself as upstream', async () => {
    const port = await freePort();
    const ending = await runToEnd([...twindns, 'run', `--port=${port}`, `--upstream=127.0.0.1:${port}`]);
    assertTold(ending, 3, /^twindns: --upstream names .* would ask itself\. Give another server\./);
  });

  test('a flag and a command that do not exist', async () => {
    const flag = await runToEnd([...twindns, 'pair', '--prot', '53']);
    assert.deepEqual([flag.status, flag.stdout], [2, '']);
    assert.match(flag.stderr, /^twindns: unknown option '--prot'\n\(Did you mean --port\?\)\n/);
    const command = await runToEnd([...twindns, 'stauts']);
    assert.deepEqual([command.status, command.stdout], [2, '']);
    assert.match(command.stderr, /^twindns: unknown command 'stauts'\n\(Did you mean status\?\)\n/);
  });
});

/** A checkout whose packages are installed and whose C is not built, and a PATH of chosen programs. */
describe('npm start in a fresh checkout', { timeout: 30_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'twindns-stranger-'));
  after(() => rmSync(root, { recursive: true }));
  const fresh = join(root, 'checkout');
  mkdirSync(join(fresh, 'node_modules'), { recursive: true });
  const parts = [
    'package.json',
    'package-lock.json',
    'src/set-up.mjs',
    'src/set-up',
    'node_modules/.twindns-stamp',
  ];
  const native = ['src', 'package.json', 'binding.gyp', 'build.mjs'].map((part) => `node-reuseport/${part}`);
  for (const part of [...parts, ...native])
    cpSync(join(checkout, part), join(fresh, part), { recursive: true });

  const setUp = (programs: readonly string[], flags: readonly string[] = []) => {
    const path = mkdtempSync(join(root, 'path-'));
    for (const program of programs) symlinkSync(process.execPath, join(path, program));
    const command = [process.execPath, ...flags, 'src/set-up.mjs', 'start'];
    return runToEnd(command, { cwd: fresh, env: { PATH: path } });
  };

  for (const [what, programs, sentence] of [
    [
      'no C compiler',
      ['make', 'python3'],
      /^set-up: there is no C compiler .* apt-get install build-essential/,
    ],
    ['no make', ['cc', 'python3'], /^set-up: there is no make\. .* apt-get install build-essential/],
    [
      'no python3',
      ['gcc', 'make'],
      /^set-up: there is no python3, which node-gyp needs\. .* apt-get install/,
    ],
  ] as const) {
    test(what, async () => {
      assertTold(await setUp(programs), 1, sentence);
    });
  }

  /** Runs before anything else in the process, and makes it seem another. */
  const pretending = (what: string) => ['--import', `data:text/javascript,${encodeURIComponent(what)}`];

  test('Node.js 18', async () => {
    const versions =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })";
    const sentence = /^set-up: Node\.js is 18\.20\.4, 20 or newer is needed\. Install it /;
    assertTold(await setUp([], pretending(versions)), 1, sentence);
  });

  test('another operating system', async () => {
    const platform = "Object.defineProperty(process, 'platform', { value: 'darwin' })";
    assertTold(
      await setUp([], pretending(platform)),
      1,
      /^set-up: twindns runs on Linux alone.* Use a Linux/,
    );
  });

  test('no npm', async () => {
    rmSync(join(fresh, 'node_modules/.twindns-stamp'));
    const { status, stdout, stderr } = await setUp([]);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^set-up: installing npm packages …\nset-up: .*npm.*\nset-up: failed: npm ci .*\n$/);
  });
});
