// known-texts.test — help and list of the bench and the chaos suite: at once in a fresh clone, and what the programs print.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { chaosSuite, checkout, runToEnd } from '../lab/program.ts';
import { readText, repositoryFiles } from '../repository/files.ts';

const bench = [process.execPath, `${checkout}dist/test/bench/main.js`];

const texts = [
  { file: 'chaos/help.txt', words: ['chaos', '--help'], program: [...chaosSuite, '--help'] },
  { file: 'chaos/list.txt', words: ['chaos', '--list'], program: [...chaosSuite, '--list'] },
  { file: 'test/bench/help.txt', words: ['bench', '--help'], program: [...bench, '--help'] },
] as const;

describe('in a fresh clone', { timeout: 30_000 }, () => {
  const clone = mkdtempSync(join(tmpdir(), 'twindns-clone-'));
  after(() => rmSync(clone, { recursive: true }));
  for (const path of repositoryFiles()) cpSync(join(checkout, path), join(clone, path));

  for (const { file, words } of texts) {
    const [command, ...args] = words;
    test(`npm run ${command} -- ${args.join(' ')} installs and builds nothing`, async () => {
      const { status, stdout, stderr } = await runToEnd(['npm', 'run', '--silent', command, '--', ...args], {
        cwd: clone,
      });
      assert.deepEqual([status, stderr], [0, '']);
      assert.equal(stdout, readText(file));
      for (const folder of ['node_modules', 'dist', 'node-reuseport/build'])
        assert.ok(!existsSync(join(clone, folder)), folder);
    });
  }
});

test('a reader that goes early, as `head` does, is no error to tell of', async () => {
  const command = `${process.execPath} src/set-up.mjs chaos --list | true`;
  for (let i = 0; i < 5; i++) {
    const { stderr } = await runToEnd(['sh', '-c', command], { cwd: checkout });
    assert.equal(stderr, '');
  }
});

for (const { file, program } of texts)
  test(`${file} is what the program prints`, async () => {
    const { status, stdout } = await runToEnd(program);
    assert.equal(status, 0);
    assert.equal(stdout, readText(file), `another one: ${program.slice(1).join(' ')} > ${file}`);
  });
