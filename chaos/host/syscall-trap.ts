// syscall-trap — stops a process after a chosen system call, by ptrace, so that it can be killed in just that moment.

import { spawn } from 'node:child_process';

/** Longer than it takes us to kill it, in microseconds. */
const HELD = 3_000_000;
/** Milliseconds within which the call is awaited; some are rare. */
const PATIENCE = 1500;

export interface Trap {
  /** `caught`: the process made the call for the n-th time and is held behind it. `missed`: it did not in time. */
  readonly outcome: 'caught' | 'missed';
  /** Lets go; of one that has been killed, so that its end is seen at once. */
  release(): void;
}

/** Resolves when the process is held, which is to be killed then. */
export async function trap(pid: number, syscall: string, n: number): Promise<Trap> {
  const inject = `inject=${syscall}:delay_exit=${HELD}:when=${n}`;
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${syscall}`, '-e', inject], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const outcome = await new Promise<'caught' | 'missed' | Error>((resolve) => {
    const timer = setTimeout(() => resolve('missed'), PATIENCE);
    let said = '';
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
      if (said.includes('(DELAYED)')) resolve('caught');
    });
    tracer.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ENOENT' ? new Error('strace is missing: install the package strace.') : error);
    });
    tracer.once('close', () => {
      clearTimeout(timer);
      resolve(new Error(`strace ended: ${said.trim().split('\n').at(-1)}`));
    });
  });
  if (outcome instanceof Error) throw outcome;
  return { outcome, release: () => void tracer.kill('SIGKILL') };
}
