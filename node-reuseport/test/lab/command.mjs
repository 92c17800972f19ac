// command — runs a command to its end.

import { execFile } from 'node:child_process';

/** Resolves with { status, output }: both streams in one; status is null when a signal or the time ended it. */
export function runCommand(command, args, { env = {}, ...options } = {}) {
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
  const all = { timeout: 120_000, maxBuffer: 1 << 26, env: { ...inherited, ...env }, ...options };
  return new Promise((resolve) => {
    execFile(command, args, all, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ status, stdout, output: `${stdout}${stderr}${status === null ? error.message : ''}` });
    });
  });
}
