// idle-process — a process that does nothing, or runs in circles, to see how another's life looks from outside.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { stateOf } from './holdings.ts';

const ways = { idle: 'setInterval(() => {}, 1000)', busy: 'for (;;);' } as const;

export interface IdleProcess {
  readonly pid: number;
  /** For whoever closes it. */
  readonly stateFd: number;
  /** Resolves when it is stopped. */
  stop(): Promise<void>;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
}

export async function idleProcess(t: TestContext, way: keyof typeof ways = 'idle'): Promise<IdleProcess> {
  const child = spawn(process.execPath, ['-e', `console.log(); ${ways[way]}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const pid = child.pid!;
  return {
    pid,
    stateFd: stateOf(pid),
    async stop() {
      child.kill('SIGSTOP');
      while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) await pause(1);
    },
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
