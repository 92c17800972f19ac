// cli.test — the program as a user meets it: help, refusals, exit codes, and what goes to which stream.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runOptions } from '../src/options/option-table.ts';

const main = fileURLToPath(new URL('../bundle/twindns.mjs', import.meta.url));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function twindns(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { env: { PATH: '/usr/bin:/bin', ...env } },
      (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

describe('twindns', { concurrency: 2 }, () => {
  test('help says what it is for, gives examples before options, and lists exit codes', async () => {
    const { status, stdout, stderr } = await twindns(['--help']);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /never goes away.*Examples:.*Options:.*Commands:.*Exit codes:/s);
    assert.match(stdout, /^ {2}2 {2}usage/m);
  });

  test('help of run names every option, its default and its variable', async () => {
    const { stdout } = await twindns(['run', '--help']);
    const words = stdout.replace(/\s+/g, ' ');
    for (const { name, type, env, group, sentence } of runOptions) {
      for (const part of [
        type === 'switch' ? `--[no-]${name} ` : `--${name} <`,
        `env: ${env})`,
        group,
        sentence,
      ])
        assert.ok(words.includes(part), part);
    }
  });

  test('a typo in a command or a flag is answered with the right word and exit code 2', async () => {
    const command = await twindns(['rum']);
    assert.deepEqual([command.status, command.stdout], [2, '']);
    assert.match(command.stderr, /twindns: unknown command 'rum'\n\(Did you mean run\?\)/);
    const help = await twindns(['help', 'rum']);
    assert.deepEqual([help.status, help.stdout, help.stderr], [2, '', command.stderr]);
    const flag = await twindns(['run', '--lisen', '127.0.0.1']);
    assert.equal(flag.status, 2);
    assert.match(flag.stderr, /--lisen.*Did you mean --listen\?/s);
  });

  test('a wrong value is refused by flag, value and what would be right', async () => {
    const { status, stdout, stderr } = await twindns(['run', '--port', '99999']);
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(stderr, 'twindns: --port is "99999": too big. Give a whole number, from 1 to 65535.\n');
  });

  test('a wrong value in the environment is refused by the name of the variable', async () => {
    const { status, stderr } = await twindns(['run'], { TWINDNS_CACHE_BYTES: 'potato' });
    assert.equal(status, 2);
    assert.match(stderr, /^twindns: environment variable TWINDNS_CACHE_BYTES is "potato"/);
  });

  test('a flag without its value and no command at all are usage errors', async () => {
    assert.equal((await twindns(['run', '--port'])).status, 2);
    const none = await twindns([]);
    assert.deepEqual([none.status, none.stdout], [2, '']);
    assert.match(none.stderr, /Usage: twindns/);
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    const { stdout } = await twindns(['version']);
    assert.match(stdout, new RegExp(`^twindns ${version.replaceAll('.', '\\.')}, Node`));
    for (const flag of ['--version', '-V']) assert.equal((await twindns([flag])).stdout, stdout);
  });

  test('status exits with 6 when no instance answers, and tells where it asked', async () => {
    const { status, stdout, stderr } = await twindns(['status', '--admin', '127.0.0.1:1']);
    assert.deepEqual([status, stdout], [6, '']);
    assert.match(stderr, /127\.0\.0\.1:1: nothing listens there/);
  });

  test('query exits with 6 when nothing listens, 2 when the question is none', async () => {
    const refused = await twindns(['query', 'example.com', '--server', '127.0.0.1:1']);
    assert.deepEqual([refused.status, refused.stdout], [6, '']);
    assert.match(refused.stderr, /no answer from 127\.0\.0\.1:1 over udp: nothing listens there/);
    assert.equal((await twindns(['query', 'example.com', 'NOTYPE'])).status, 2);
    assert.equal((await twindns(['query', `${'a'.repeat(64)}.com`])).status, 2);
    assert.equal((await twindns(['query', 'example.com', '--server', 'localhost'])).status, 2);
  });

  test('commands that look into instances exit with 6 where there are none, and say where they looked', async () => {
    const where = ['--port', '1', '--channel-directory', '/nonexistent'];
    for (const words of [
      ['cache', 'flush', 'example.com'],
      ['top', '--seconds', '1'],
    ]) {
      const { status, stdout, stderr } = await twindns([...words, ...where]);
      assert.deepEqual([status, stdout], [6, ''], stderr);
      assert.match(stderr, /primary: none listens in \/nonexistent for port 1; secondary: none/);
    }
    assert.equal((await twindns(['cache', 'flsh', 'example.com'])).status, 2);
  });

  test('nothing is coloured where there is no terminal, NO_COLOR or not', async () => {
    for (const env of [{}, { NO_COLOR: '1' }, { TERM: 'xterm-256color' }]) {
      const { stdout, stderr } = await twindns(['run', '--help'], env);
      assert.ok(!`${stdout}${stderr}`.includes('\x1b'));
    }
  });
});
