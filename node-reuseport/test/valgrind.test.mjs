// valgrind.test — a scenario that calls everything once, under valgrind: also what the kernel is given uninitialised.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './lab/command.mjs';
import { withCopy } from './lab/copy.mjs';

test('valgrind finds no error while everything is called, and no leak of ours', async () => {
  await withCopy(async (copy) => {
    const log = join(copy, 'valgrind.log');
    const scenario = fileURLToPath(new URL('lab/everything.mjs', import.meta.url));
    const checks = [
      '--error-exitcode=99',
      '--leak-check=full',
      '--errors-for-leak-kinds=none',
      '--num-callers=20',
    ];
    checks.push(`--suppressions=${fileURLToPath(new URL('lab/valgrind.supp', import.meta.url))}`);
    const node = [process.execPath, '--expose-gc', '--single-threaded', scenario];
    const { status, output } = await runCommand('valgrind', ['-q', ...checks, `--log-file=${log}`, ...node]);
    assert.ok(existsSync(log), `valgrind is missing: apt-get install valgrind. ${output}`);
    const report = readFileSync(log, 'utf8');
    assert.equal(status, 0, `${output}\n${report}`);
    const leaks = report
      .split(/^==\d+== $/m)
      .filter((part) => part.includes('definitely lost') && part.includes('node_reuseport.node'));
    assert.deepEqual(leaks, []);
  });
});
