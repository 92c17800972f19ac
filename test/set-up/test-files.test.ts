// test-files.test — every file of tests is run once, alone or with others in a process that none of them changes.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkout, runToEnd } from '../lab/program.ts';
import { repositoryFiles } from '../repository/files.ts';

interface TestFiles {
  shared(files: readonly string[]): string[][];
  textOf(files: readonly string[], folder: string): string;
  secondsOfFiles: Readonly<Record<string, number>>;
}
const { shared, textOf, secondsOfFiles } = (await import(
  `${checkout}src/set-up/test-files.mjs`
)) as TestFiles;

const files = repositoryFiles()
  .filter((path) => /^(?:test|node-reuseport\/test)\/.*\.test\.(?:ts|mjs)$/.test(path))
  .map((path) => path.replace(/^test\/(.*)\.ts$/, 'dist/test/$1.js'));

test('each file is run once, and the small ones share processes', () => {
  const groups = shared(files);
  assert.deepEqual(groups.flat().sort(), files.toSorted());
  assert.ok(groups.length < files.length / 2, `${groups.length} processes for ${files.length} files`);
});

test('what starts processes, by tools of the tests too, or changes its own has one for itself', () => {
  const groups = shared(files);
  const companyOf = (file: string) => groups.find((group) => group.includes(`dist/test/${file}`))!.length - 1;
  for (const alone of ['pair/pair', 'ha/takeover/custody', 'plan/plan-source', 'system/cache-memory'])
    assert.equal(companyOf(`${alone}.test.js`), 0, alone);
  for (const sociable of ['zone/acl', 'corefile/plan', 'cache/cache', 'behaviours/ttl'])
    assert.ok(companyOf(`${sociable}.test.js`) > 0, sociable);
});

test('files whose time is known exist', () => {
  assert.deepEqual(
    Object.keys(secondsOfFiles).filter((file) => !existsSync(join(checkout, file))),
    [],
  );
});

test('of files that share a process each has its own hooks, and one that fails is named', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-together-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const samples: Readonly<Record<string, string>> = {
    'good.mjs': `
      let before = 0;
      beforeEach(() => before++);
      test('one', () => assert.equal(before, 1));
      test('two', () => assert.equal(before, 2));`,
    'bad.mjs': `
      let before = 0;
      beforeEach(() => before++);
      test('three', () => assert.equal(before, 2));`,
    'broken.mjs': "throw new Error('it cannot be loaded');",
    'last.mjs': "test('four', () => {});",
  };
  const imports = "import assert from 'node:assert/strict';\nimport { beforeEach, test } from 'node:test';\n";
  for (const [name, code] of Object.entries(samples)) writeFileSync(join(folder, name), imports + code);
  const paths = Object.keys(samples).map((name) => join(folder, name));
  writeFileSync(join(folder, 'group.mjs'), textOf(paths, folder));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env as Record<string, string>;
  const command = [process.execPath, '--test-reporter=tap', join(folder, 'group.mjs')];
  const { status, stdout } = await runToEnd(command, { env });
  assert.equal(status, 1);
  for (const line of ['ok 1 - one', 'ok 2 - two', 'not ok 1 - three', 'ok 1 - four'])
    assert.match(stdout, new RegExp(`^ {4}${line}$`, 'm'));
  const ofFiles = [...stdout.matchAll(/^((?:not )?ok) \d - (.*)$/gm)].map(([, how, path]) => [how, path]);
  assert.deepEqual(ofFiles, [
    ['ok', paths[0]],
    ['not ok', paths[1]],
    ['not ok', paths[2]],
    ['ok', paths[3]],
  ]);
  assert.match(stdout, /it cannot be loaded/);
});
