// namespace — a network namespace of the suite's own, whose kernel counters are about the suite alone and whose ports are all
// free; and a mount namespace, so that files can take the place of the machine's.

import { spawn, spawnSync } from 'node:child_process';

/** Tells the inner process that it is inside. */
const INSIDE = 'TWINDNS_CHAOS_NAMESPACE';

/** Milliseconds within which a signal to our process group has reached all of it. */
const GROUP = 100;

/** The load shares the machine with the subject: its garbage is not collected by several threads at once. */
const calm = ['--v8-pool-size=1', '--no-parallel-scavenge'];

export function isAlone(): boolean {
  return process.env[INSIDE] === '1';
}

/** Whether a namespace can be made here: that takes root, unshare and ip. */
export function canBeAlone(): boolean {
  if (process.geteuid?.() !== 0) return false;
  return (
    spawnSync('unshare', ['--net', '--mount', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
      .status === 0
  );
}

/** Runs this command again within a namespace of its own, and resolves to its exit code. */
export function runAlone(): Promise<number> {
  const inner = [process.execPath, ...process.execArgv, ...calm, ...process.argv.slice(1)];
  const script = 'ip link set lo up && exec "$@"';
  const child = spawn('unshare', ['--net', '--mount', '--', 'sh', '-c', script, 'sh', ...inner], {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'], // it ends when we do, however we do
  });
  // What is sent to us alone is passed on; a terminal's SIGINT has reached both of us. It ends in order, and we with it.
  let late: NodeJS.Timeout | undefined;
  process.on('SIGINT', () => {
    late ??= setTimeout(() => {
      late = undefined;
      child.kill('SIGINT');
    }, GROUP);
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(late);
      resolve(code ?? 1);
    });
  });
}
