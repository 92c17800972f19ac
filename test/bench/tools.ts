// tools — the repository's folders, the C programs of the bench and the CPU clock of another process.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: this file runs from `test/bench` as well as from `dist/test/bench`. */
export function repository(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export interface Tools {
  readonly floor: string;
  readonly latency: string;
  readonly cpuTime: string;
  readonly sends: string;
}

/** Compiles what is missing or older than its source. */
export function compileTools(root: string): Tools {
  const out = join(root, 'test/bench/out');
  mkdirSync(out, { recursive: true });
  const compile = (name: string): string => {
    const source = join(root, 'test/bench', `${name}.c`);
    const program = join(out, name);
    if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
    const cc = spawnSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source], { encoding: 'utf8' });
    if (cc.error) throw new Error('A C compiler is missing: install the package gcc.', { cause: cc.error });
    if (cc.status !== 0) throw new Error(`${source} does not compile: ${cc.stderr}`);
    return program;
  };
  return {
    floor: compile('floor'),
    latency: compile('latency'),
    cpuTime: compile('cpu-time'),
    sends: compile('sends'),
  };
}

/** Microseconds of CPU each process has used so far, all its threads together. */
export function cpuMicros(tools: Tools, pids: readonly number[]): number[] {
  const { stdout } = spawnSync(tools.cpuTime, pids.map(String), { encoding: 'utf8' });
  return pids.map((pid, i) => {
    const nanos = Number(stdout.split('\n')[i]);
    if (Number.isNaN(nanos)) throw new Error(`Process ${pid} ended while it was measured.`);
    return nanos / 1000;
  });
}

export function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}
