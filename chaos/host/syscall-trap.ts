// syscall-trap — stops a process after a chosen system call, by ptrace, so that it can be killed in just that moment.

import { spawn } from 'node:child_process';

/** Longer than it takes to kill the process, in microseconds. */
const HELD = 3_000_000;
/** Milliseconds for which the call is awaited; some calls are rare. */
const PATIENCE = 1500;

export interface Trap {
  /** `caught`: the process made the call for the n-th time and is held behind it. `missed`: it made fewer calls in time. */
  readonly outcome: 'caught' | 'missed';
  /** Lets the process go. After a kill, its end is seen at once. */
  release(): void;
}

/** Resolves when the process is held; then it is to be killed. */
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
