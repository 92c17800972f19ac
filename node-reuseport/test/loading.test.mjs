// loading.test — which binary is loaded: a prebuilt one that fits, else the one built here, else a sentence what to do.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from './lab/command.mjs';
import { addon, withCopy } from './lab/copy.mjs';

const machine = `${process.platform}-${process.arch}`;

/** Puts the addon, or what is no addon, into a copy of the package. */
function put(copy, path, good = true) {
  const file = join(copy, path);
  mkdirSync(join(file, '..'), { recursive: true });
  if (good) cpSync(addon, file);
  else writeFileSync(file, 'not for this machine');
}

/** Which of the copy's binaries a process that imports it has loaded. */
async function loaded(copy, env = {}) {
  const code = `
    import { Arena } from './index.js';
    import { readFileSync } from 'node:fs';
    new Arena({});
    console.log([...new Set(readFileSync('/proc/self/maps', 'utf8').match(/\\S+\\.node$/gm))].join());`;
  const args = ['--input-type=module', '-e', code];
  const all = { NODE_REUSEPORT_ADDON: '', ...env };
  const { status, stdout, output } = await runCommand(process.execPath, args, { cwd: copy, env: all });
  return status === 0 ? stdout.trim().replace(`${copy}/`, '') : output;
}

test('a prebuilt binary that loads is taken', () =>
  withCopy(async (copy) => {
    put(copy, 'build/Release/node_reuseport.node');
    put(copy, `prebuilds/${machine}/b-glibc.node`);
    put(copy, `prebuilds/${machine}/a-musl.node`, false);
    put(copy, 'prebuilds/linux-other/c.node');
    assert.equal(await loaded(copy), `prebuilds/${machine}/b-glibc.node`);
  }));

test('when no prebuilt binary loads, the one built here is', () =>
  withCopy(async (copy) => {
    put(copy, 'build/Release/node_reuseport.node');
    put(copy, `prebuilds/${machine}/broken.node`, false);
    assert.equal(await loaded(copy), 'build/Release/node_reuseport.node');
  }));

test('NODE_REUSEPORT_ADDON names the one to take, and no other is tried', () =>
  withCopy(async (copy) => {
    put(copy, 'build/Release/node_reuseport.node');
    put(copy, 'elsewhere/mine.node');
    const named = join(copy, 'elsewhere/mine.node');
    assert.equal(await loaded(copy, { NODE_REUSEPORT_ADDON: named }), 'elsewhere/mine.node');
    assert.match(await loaded(copy, { NODE_REUSEPORT_ADDON: `${named}-not` }), /has no binary .* that loads/);
  }));

test('without a binary the error says which was tried and how to build one', () =>
  withCopy(async (copy) => {
    put(copy, `prebuilds/${machine}/broken.node`, false);
    const output = await loaded(copy);
    assert.match(
      output,
      new RegExp(`Error: node-reuseport has no binary for ${machine} that loads; build one with "npm`),
    );
    assert.match(output, /broken\.node: (file too short|invalid ELF header).*Cannot find module/);
  }));

test("npm run prebuilt stores what it built, and a build of one's own puts it away", () =>
  withCopy(async (copy) => {
    const prebuilt = await runCommand('npm', ['run', 'prebuilt'], { cwd: copy });
    assert.equal(prebuilt.status, 0, prebuilt.output);
    assert.equal(await loaded(copy), `prebuilds/${machine}/node_reuseport.node`);
    const built = await runCommand('npm', ['run', 'build'], { cwd: copy });
    assert.equal(built.status, 0, built.output);
    assert.deepEqual(readdirSync(join(copy, 'prebuilds')), []);
    assert.equal(await loaded(copy), 'build/Release/node_reuseport.node');
  }));
