// crashes.test — a process that dies by its own fault leaves the signal in its arena; one that is killed leaves nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accept, close, HEAD_USER, listenChannel, mapMemory, receiveMessage } from 'node-reuseport';
import { runChild } from './lab/child.mjs';
import { keep } from './lab/descriptors.mjs';

const WORD = HEAD_USER + 5;
let names = 0;

/** Runs `code` in a process that marks its crashes; what it left in the word, and how it ended. */
async function crash(code, { flags, prepare = 'arena.markCrashes(WORD);' } = {}) {
  const name = `node-reuseport crashes ${process.pid} ${names++}`;
  const listener = keep(listenChannel(name));
  const ended = await runChild(
    `const { Arena, HEAD_USER } = reuseport;
    const WORD = ${WORD};
    const arena = new Arena({});
    reuseport.sendMessage(reuseport.connectChannel('${name}'), Buffer.from('a'), 1, Int32Array.of(arena.fd));
    process.setUncaughtExceptionCaptureCallback((error) => { console.error(error); process.exit(99); });
    ${prepare}
    ${code}`,
    { flags },
  );
  const descriptors = new Int32Array(2);
  assert.equal(receiveMessage(keep(accept(listener, new Uint8Array(28))), new Uint8Array(1), descriptors), 1);
  const header = new Int32Array(mapMemory(descriptors[1]).buffer, 0, 1024);
  close(descriptors[1]);
  return { ...ended, left: header[WORD] };
}

const SIGABRT = 6;
const SIGSEGV = 11;
const wait = 'setInterval(() => {}, 1000);';
const killedBy = (signal) =>
  `const { spawn } = await import('node:child_process');
  spawn('kill', ['-${signal}', String(process.pid)]); ${wait}`;
const ends = {
  'process.abort()': ['process.abort();', 'SIGABRT', SIGABRT],
  'a SIGABRT': [`process.kill(process.pid, 'SIGABRT'); ${wait}`, 'SIGABRT', SIGABRT],
  'a SIGSEGV': [`process.kill(process.pid, 'SIGSEGV'); ${wait}`, 'SIGSEGV', SIGSEGV],
  'a SIGBUS': [`process.kill(process.pid, 'SIGBUS'); ${wait}`, 'SIGBUS', 7],
  'a SIGILL': [`process.kill(process.pid, 'SIGILL'); ${wait}`, 'SIGILL', 4],
  'a SIGFPE': [`process.kill(process.pid, 'SIGFPE'); ${wait}`, 'SIGFPE', 8],
  'a SIGTRAP': [`process.kill(process.pid, 'SIGTRAP'); ${wait}`, 'SIGTRAP', 5],
  'a SIGSYS': [`process.kill(process.pid, 'SIGSYS'); ${wait}`, 'SIGSYS', 31],
  'heap exhaustion': [
    'const held = []; for (;;) held.push(new Array(10_000).fill(held.length));',
    'SIGABRT',
    SIGABRT,
    ['--max-old-space-size=20'],
  ],
  'a stack used up': [
    '(function deeper() { return 1 + deeper(); })();',
    'SIGSEGV',
    SIGSEGV,
    ['--stack-size=1000000'],
  ],
  'a SIGABRT of another process': [killedBy('ABRT'), 'SIGABRT', 0],
  'a SIGSEGV of another process': [killedBy('SEGV'), 'SIGSEGV', 0],
  'a SIGKILL': [`process.kill(process.pid, 'SIGKILL'); ${wait}`, 'SIGKILL', 0],
  'a SIGTERM': [`process.kill(process.pid, 'SIGTERM'); ${wait}`, 'SIGTERM', 0],
};

for (const [end, [code, signal, number, flags]] of Object.entries(ends)) {
  test(`${end} leaves ${number} and ends the process by ${signal}`, async () => {
    const { stderr, ...found } = await crash(code, { flags });
    assert.deepEqual([found.left, found.signal, found.status], [number, signal, null], stderr);
  });
}

test('an ordinary end leaves nothing', async () => {
  const { left, status, stderr } = await crash('process.exit(3);');
  assert.deepEqual([left, status], [0, 3], stderr);
});

// (func (export "f") (param i32) (result i32) (i32.load (local.get 0))) with one page of memory.
const load = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0,
  10, 9, 1, 7, 0, 32, 0, 40, 2, 0, 11,
];

test('WebAssembly that leaves its memory throws as ever, and is no crash; the next one is', async () => {
  const code = `
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.of(${load}))).exports;
    for (let i = 0; i < 3; i++) assert.throws(() => f(0x7fffffff), { name: 'RuntimeError', message: /out of bounds/ });
    console.log(arena.header[WORD]);
    process.kill(process.pid, 'SIGSEGV');
    ${wait}`;
  const { left, signal, stdout, stderr } = await crash(code);
  assert.deepEqual([stdout, left, signal], ['0\n', SIGSEGV, 'SIGSEGV'], stderr);
});

test('a signal that has a listener is no crash', async () => {
  const prepare = `
    process.on('SIGTRAP', () => { console.log('heard', arena.header[WORD]); process.exit(4); });
    arena.markCrashes(WORD);`;
  const { left, status, stdout, stderr } = await crash(`process.kill(process.pid, 'SIGTRAP'); ${wait}`, {
    prepare,
  });
  assert.deepEqual([stdout, left, status], ['heard 0\n', 0, 4], stderr);
});

test('a crash of the main thread is marked in the arena of a worker, also when that has ended', async () => {
  const name = `node-reuseport crashes ${process.pid} ${names++}`;
  const listener = keep(listenChannel(name));
  const worker = `import('node-reuseport').then(({ Arena, connectChannel, sendMessage }) => {
    const arena = new Arena({});
    sendMessage(connectChannel('${name}'), Buffer.from('a'), 1, Int32Array.of(arena.fd));
    arena.markCrashes(${WORD});
  });`;
  const { signal, stderr } = await runChild(
    `import { Worker } from 'node:worker_threads';
    new Worker(${JSON.stringify(worker)}, { eval: true }).on('exit', () => process.abort());`,
    { imports: '' },
  );
  const descriptors = new Int32Array(2);
  const channel = keep(accept(listener, new Uint8Array(28)));
  assert.equal(receiveMessage(channel, new Uint8Array(1), descriptors), 1, stderr);
  const header = new Int32Array(mapMemory(keep(descriptors[1])).buffer, 0, 1024);
  assert.deepEqual([signal, header[WORD]], ['SIGABRT', SIGABRT], stderr);
});

test('a process marks its crashes in one arena', async () => {
  const code = `
    const again = { name: 'TypeError', message: /already/ };
    assert.throws(() => new Arena({}).markCrashes(HEAD_USER), again);
    assert.throws(() => arena.markCrashes(HEAD_USER), again);
    process.abort();`;
  const { left, signal, stderr } = await crash(code);
  assert.deepEqual([left, signal], [SIGABRT, 'SIGABRT'], stderr);
});

test('a word that is not of the user is refused, and another may be named then', async () => {
  const prepare = `
    for (const word of [0, HEAD_USER - 1, 1024, -1, 2 ** 31, undefined]) {
      assert.throws(() => arena.markCrashes(word), { name: 'TypeError', message: /^word: / });
    }
    arena.markCrashes(WORD);`;
  const { left, stderr } = await crash('process.abort();', { prepare });
  assert.equal(left, SIGABRT, stderr);
});
