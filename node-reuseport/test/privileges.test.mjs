// privileges.test — what is given up is given up by all threads, by what they start, and for good.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const cwd = new URL('.', import.meta.url);
const NET_BIND_SERVICE = 1 << 10;
const NET_ADMIN = 1 << 12;

/** What a program prints, as JSON. */
function told(program, under = []) {
  const [file, ...args] = [...under, process.execPath, '--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(file, args, { cwd, encoding: 'utf8' }));
}

const looking = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { readFile } from 'node:fs/promises';
  import { execFileSync } from 'node:child_process';
  import { keepCapabilities, leaveNoCore } from 'node-reuseport';
  await readFile('/proc/self/stat'); // the threads of libuv are there then
  const sets = (text) => [...text.matchAll(/^Cap(?:Inh|Prm|Eff|Bnd|Amb):\\t([0-9a-f]+)$/gm)].map(([, hex]) => parseInt(hex, 16));
  const threads = () => readdirSync('/proc/self/task').map((id) => readFileSync('/proc/self/task/' + id + '/status', 'utf8'));
  const blocksAll = (text) => /^SigBlk:\\tfffffffe7/m.test(text);`;

test('every thread that takes signals keeps what is asked for and nothing else, and so does a child', () => {
  const { left, blind, kept, child } = told(`${looking}
    const left = keepCapabilities(${NET_BIND_SERVICE | NET_ADMIN});
    const all = threads();
    const child = sets(execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' }));
    console.log(JSON.stringify({ left, blind: all.filter(blocksAll).length, kept: all.filter((one) => !blocksAll(one)).map(sets), child }));`);
  assert.ok(kept.length > 4, 'more threads than one');
  assert.equal(left, blind);
  const both = NET_BIND_SERVICE | NET_ADMIN;
  for (const sets of kept) assert.deepEqual(sets, [0, both, both, both, 0]);
  assert.deepEqual(child, [0, both, both, both, 0]);
});

test('a process that has none gives up nothing, and is told no error', () => {
  const under = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--reuid=65534', '--clear-groups'];
  const { left, kept } = told(
    `${looking}
    const left = keepCapabilities(${NET_BIND_SERVICE});
    console.log(JSON.stringify({ left, kept: sets(threads()[0]) }));`,
    under,
  );
  assert.ok(left >= 0);
  assert.deepEqual(kept, [0, 0, 0, 0, 0]);
});

test('the limit of core files is the one that holds for pipes, too; a limit of none stays', () => {
  const program = `${looking}
    const result = leaveNoCore();
    const [, soft] = /^Max core file size +(\\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    console.log(JSON.stringify({ result, soft }));`;
  const limited = (limit) => told(program, ['prlimit', `--core=${limit}`]);
  assert.deepEqual(limited('unlimited'), { result: 0, soft: '1' });
  assert.deepEqual(limited('0'), { result: 0, soft: '0' });
});
