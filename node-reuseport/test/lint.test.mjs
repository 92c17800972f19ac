// lint.test — the check of the C's look says what to do: when there is no clang-format, and when there is a breach.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCommand } from './lab/command.mjs';

const lint = fileURLToPath(new URL('../lint.mjs', import.meta.url));

/** Lints where clang-format is that shell script, or is not installed. */
async function linted(clangFormat) {
  const folder = mkdtempSync(join(tmpdir(), 'node-reuseport-'));
  try {
    const script = `#!/bin/sh\n${clangFormat}\n`;
    if (clangFormat !== undefined) writeFileSync(join(folder, 'clang-format'), script, { mode: 0o755 });
    return await runCommand(process.execPath, [lint], { env: { PATH: folder } });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without clang-format it fails and names the package to install', async () => {
  const { status, output } = await linted(undefined);
  assert.equal(status, 1);
  assert.match(output, /there is no clang-format\. .*apt-get install clang-format/);
});

test('it fails with what clang-format found, and says how to put it right', async () => {
  const { status, output } = await linted('echo "$@"; exit 1');
  assert.equal(status, 1);
  assert.match(output, /--Werror .*\baddon\.c .*\baddress\.h .*\n.*clang-format -i/);
});

test('it passes when clang-format does', async () => {
  const { status, output } = await linted('exit 0');
  assert.deepEqual([status, output], [0, '']);
});
