// readme.test — every snippet of the README does what it says.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as reuseport from 'node-reuseport';
import { runCommand } from './lab/command.mjs';
import { withCopy } from './lab/copy.mjs';
import { closeNow, keep, ready } from './lab/descriptors.mjs';

const {
  bindUdp,
  connectTcp,
  connectUdp,
  describe,
  listenTcp,
  pendingError,
  READABLE,
  read,
  shutdown,
  WRITABLE,
  write,
} = reuseport;
const address = '127.0.0.1';
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const snippets = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, code]) => ({
  language,
  code,
}));
const named = (name) => snippets.find(({ code }) => code.startsWith(`// ${name}\n`)).code;

test('every snippet is run by one of these tests', () => {
  const names = snippets.map(({ language, code }) => `${language}: ${code.split('\n')[0]}`);
  assert.deepEqual(names, [
    'sh: npm run build',
    'js: // udp-echo.mjs',
    'js: // tcp-echo.mjs',
    'js: // hand-over.mjs',
  ]);
});

test('npm run build makes a package that can be imported', () =>
  withCopy(async (copy) => {
    const built = await runCommand('sh', ['-ec', snippets[0].code], { cwd: copy });
    assert.equal(built.status, 0, built.output);
    const env = { NODE_REUSEPORT_ADDON: '' };
    const { status, output } = await runCommand(process.execPath, ['index.js'], { cwd: copy, env });
    assert.equal(status, 0, output);
  }));

test('the UDP server echoes, also an empty datagram', async () => {
  await withServer('udp-echo.mjs', bindUdp, async (port) => {
    const client = keep(connectUdp({ address, port }));
    for (const text of ['hello', '', 'x'.repeat(1472)]) {
      write(client, Buffer.from(text), 0, text.length);
      await ready(client);
      const buffer = Buffer.alloc(2000);
      assert.equal(buffer.toString('latin1', 0, read(client, buffer, 0, 2000)), text);
    }
  });
});

test('the TCP server echoes, tells its client and closes when that has no more to say', async () => {
  await withServer('tcp-echo.mjs', listenTcp, async (port, output) => {
    const client = keep(connectTcp({ address, port }));
    await ready(client, WRITABLE);
    assert.equal(pendingError(client), 0);
    write(client, Buffer.from('hello'), 0, 5);
    const buffer = Buffer.alloc(10);
    await ready(client);
    assert.equal(buffer.toString('latin1', 0, read(client, buffer, 0, 10)), 'hello');
    shutdown(client, 1);
    await ready(client, READABLE);
    assert.equal(read(client, buffer, 0, 10), 0);
    assert.match(await output, new RegExp(`^connection from 127.0.0.1 port ${describe(client).port}\n`));
  });
});

test('a socket is handed over', async () => {
  const { status, output } = await run(named('hand-over.mjs'));
  assert.deepEqual([status, output], [0, '5 bytes, 1 descriptor: udp\n']);
});

test('the table names every function, and index.d.ts has the limits it speaks of', () => {
  const missing = Object.entries(reuseport)
    .filter(
      ([name, value]) =>
        typeof value === 'function' && !readme.includes(`\`${name}(`) && !readme.includes(`\`${name}\` `),
    )
    .map(([name]) => name);
  assert.deepEqual(
    missing.filter((name) => !/^(Arena|Fence|Poller)$/.test(name)),
    [],
  );
});

// ---------------------------------------------------------------------------------------------------------------------

const nodeArgs = (code, ...args) => ['--input-type=module', '-e', code, '--', ...args];
const cwd = new URL('..', import.meta.url).pathname;

function run(code) {
  return runCommand(process.execPath, nodeArgs(code), { cwd });
}

/** Runs a server of the README on a free port; `use` gets the port and a promise of the first it says. */
async function withServer(name, open, use) {
  const held = keep(open({ address, port: 0 }));
  const { port } = describe(held);
  // -e leaves no file name in argv: its first argument stands where a script's name would.
  const code = `process.argv.splice(1, 0, 'server');\n${named(name)}\nprocess.send('up');`;
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'];
  const child = spawn(process.execPath, nodeArgs(code, String(port)), { cwd, stdio });
  const said = once(child.stdout, 'data').then(([piece]) => piece.toString());
  try {
    await once(child, 'message');
    closeNow(held); // from now on the port is the server's alone
    await use(port, said);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
}
