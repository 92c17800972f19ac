// pretended-process — a folder that says of a process what a test wants, as its folder in /proc would.

import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export interface PretendedProcess {
  /** For its reader, which closes it. */
  readonly stateFd: number;
  /** @param state the letter of proc_pid_stat(5)  @param ms processor time it has used  @param ticks the same, counted coarsely */
  says(state: string, ms: number, ticks?: number): void;
}

export function pretendedProcess(t: TestContext): PretendedProcess {
  const folder = mkdtempSync(join(tmpdir(), 'twindns-process-'));
  t.after(() => rmSync(folder, { recursive: true }));
  function says(state: string, ms: number, ticks = Math.floor(ms / 10)) {
    writeFileSync(`${folder}/stat`, `7 (node) ${state} 1 7 7 0 -1 4194304 9 0 0 0 ${ticks} 0 0 0 20 0 9 0\n`);
    writeFileSync(`${folder}/schedstat`, `${ms * 1e6} 0 1\n`);
  }
  says('S', 0);
  return { stateFd: openSync(folder, 'r'), says };
}
