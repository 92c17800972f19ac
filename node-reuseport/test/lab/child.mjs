// child — runs a piece of JavaScript in a Node process of its own, this package imported as `reuseport`.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';

const usual = "import * as reuseport from 'node-reuseport'; import assert from 'node:assert/strict';";
const root = new URL('../..', import.meta.url).pathname;

/**
 * Resolves with { status, signal, stdout, stderr }; status is null when a signal ended it.
 * @param {{ flags?: string[], under?: string[], imports?: string }} how flags of node, and a command it runs under
 */
export function runChild(code, { flags = [], under = [], imports = usual } = {}) {
  const [command, ...args] = [
    ...under,
    process.execPath,
    ...flags,
    '--input-type=module',
    '-e',
    imports + code,
  ];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ status, signal: error?.signal ?? null, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

/**
 * Starts a process that has the descriptors as 3, 4 …; resolves with it when it has said its first word.
 * The caller kills it.
 * @param more of its environment
 */
export async function startChild(code, descriptors, more = {}) {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--input-type=module', '-e', usual + code], {
    cwd: root,
    env: { ...inherited, ...more },
    stdio: ['pipe', 'pipe', 'inherit', ...descriptors],
  });
  const ended = once(child, 'exit').then(([status, signal]) => {
    throw new Error(`it said nothing and ended: ${status ?? signal}`);
  });
  ended.catch(() => {});
  await Promise.race([once(child.stdout, 'data'), ended]);
  return child;
}

/** SIGKILL, and everything the process held is let go. */
export async function killChild(child) {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
