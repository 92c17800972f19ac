// native — the targets of node-reuseport, which are C and are fuzzed by libFuzzer; the package runs them by itself.

import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { root } from '../repository/files.ts';
import type { Listed } from './options.ts';
import type { Progress } from './thread.ts';

const runner = 'node-reuseport/test/fuzz/run.mjs';

/** As the package lists them. */
export async function nativeTargets(): Promise<readonly Listed[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [runner, '--list'], { cwd: root });
  return JSON.parse(stdout) as Listed[];
}

/**
 * Fuzzes one of them; what it is built from is built first if it has changed. That this cannot be done is a finding: the targets
 * behind it have their turns all the same.
 */
export async function fuzzNative(
  target: string,
  seconds: number,
  seed: number,
  keep: boolean,
): Promise<Progress> {
  const args = [
    runner,
    target,
    String(Math.max(1, Math.round(seconds))),
    String(seed),
    ...(keep ? ['--keep'] : []),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await text(child.stdout);
  try {
    return JSON.parse(said) as Progress;
  } catch {
    const findings = [
      { what: `it could not be fuzzed; the lines above say why. ${said}`, input: new Uint8Array() },
    ];
    return { target, executions: 0, seconds: 0, branches: 0, features: 0, discovered: 0, findings };
  }
}
