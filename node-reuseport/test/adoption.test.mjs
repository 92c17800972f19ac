// adoption.test — descriptors that come from elsewhere.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { adopt, bindUdp, connectUdp, describe, write } from 'node-reuseport';
import { keep } from './lab/descriptors.mjs';

const NONBLOCK = 0o4000;
const CLOEXEC = 0o2000000;

// Node makes what a child gets as standard input blocking: just what adoption has to undo.
test('an adopted socket is non-blocking, closed on exec, and still serves what was sent to it before', async () => {
  const server = keep(bindUdp({ address: '127.0.0.1', port: 0 }));
  const { port } = describe(server);
  const client = keep(connectUdp({ address: '127.0.0.1', port }));
  write(client, Buffer.from('early'), 0, 5);
  const code = `
    import { adopt, read } from 'node-reuseport';
    import { readFileSync } from 'node:fs';
    const flags = () => Number.parseInt(/flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))[1], 8);
    const before = flags();
    const found = adopt(0);
    const buffer = Buffer.alloc(16);
    const length = read(0, buffer, 0, 16);
    console.log(JSON.stringify([before, flags(), found.port, buffer.toString('latin1', 0, length)]));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: [server, 'pipe', 'inherit'],
  });
  const output = [];
  child.stdout.on('data', (piece) => output.push(piece));
  const [status] = await once(child, 'close');
  assert.equal(status, 0);
  const [before, after, found, text] = JSON.parse(Buffer.concat(output).toString());
  assert.equal(before & NONBLOCK, 0, 'the test no longer hands over a blocking socket');
  assert.equal(after & (NONBLOCK | CLOEXEC), NONBLOCK | CLOEXEC);
  assert.deepEqual([found, text], [port, 'early']);
});

test('adopt describes what it took', () => {
  const fd = keep(bindUdp({ address: '::1', port: 0 }));
  assert.deepEqual(adopt(fd), describe(fd));
});

test('a socket of another family is refused and left as it was', async () => {
  const code = `
    import { adopt } from 'node-reuseport';
    import { readFileSync } from 'node:fs';
    const flags = () => /flags:\\s+(\\d+)/.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))[1];
    const before = flags();
    try { adopt(0); } catch (error) { console.log(error.code, before === flags()); }`;
  // Standard input of a child is a unix socket.
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [piece] = await once(child.stdout, 'data');
  assert.equal(piece.toString(), 'EAFNOSUPPORT true\n');
  await once(child, 'close');
});

test('a socket of another network is not adopted: nothing that is sent here comes to it', async () => {
  const server = keep(bindUdp({ address: '127.0.0.1', port: 0 }));
  const code = `
    import { adopt } from 'node-reuseport';
    try { adopt(0) } catch (error) { console.log(error.code) }`;
  const unshare = process.geteuid() === 0 ? ['--net'] : ['--net', '--map-root-user'];
  const child = spawn('unshare', [...unshare, process.execPath, '--input-type=module', '-e', code], {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: [server, 'pipe', 'inherit'],
  });
  const output = [];
  child.stdout.on('data', (piece) => output.push(piece));
  await once(child, 'close');
  assert.equal(Buffer.concat(output).toString(), 'EXDEV\n');
});
