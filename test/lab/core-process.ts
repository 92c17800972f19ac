// core-process — a process that takes its time to die: it has much memory, which is written to a core file first.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stateOf } from './holdings.ts';

export interface CoreProcess {
  /** For whoever closes it. */
  readonly stateFd: number;
  /** Whether it has memory yet, and so its descriptors, too: those are given back later. */
  readonly hasMemory: boolean;
  abort(): void;
  /** Resolves when it is gone. */
  readonly gone: Promise<unknown>;
}

export async function coreProcess(t: TestContext, megabytes: number): Promise<CoreProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-core-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const script = `global.much = Buffer.alloc(${megabytes} << 20, 1); console.log(); setInterval(() => {}, 1000)`;
  const child = spawn('sh', ['-c', `ulimit -c unlimited; exec "${process.execPath}" -e '${script}'`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  const gone = once(child, 'exit');
  await once(child.stdout, 'data');
  const status = `/proc/${child.pid}/status`;
  return {
    stateFd: stateOf(child.pid!),
    get hasMemory() {
      return existsSync(status) && /^VmRSS:/m.test(readFileSync(status, 'latin1'));
    },
    abort: () => child.kill('SIGABRT'),
    gone,
  };
}
