// processes — starts programs on a chosen core and makes sure that none of them outlives the bench.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** What it wrote so far, for the message when it fails. */
  log(): string;
  alive(): boolean;
}

const running = new Set<Running>();

/** Starts a server in its own process group, so that its helpers end with it. */
export function start(
  command: readonly string[],
  core: number,
  logFile: string,
  environment: Readonly<Record<string, string>> = {},
): Running {
  const log = openSync(logFile, 'w');
  const child = spawn('taskset', ['-c', String(core), ...command], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...environment },
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error('taskset is missing: install the package util-linux.');
  const started: Running = {
    pid: child.pid,
    child,
    log: () => readFileSync(logFile, 'utf8').slice(-2000),
    alive: () => child.exitCode === null && child.signalCode === null,
  };
  running.add(started);
  return started;
}

export async function stop(one: Running): Promise<void> {
  running.delete(one);
  if (one.alive()) {
    const ended = new Promise((resolve) => one.child.once('exit', resolve));
    kill(one, 'SIGTERM');
    const tooLong = setTimeout(() => kill(one, 'SIGKILL'), 2000);
    await ended;
    clearTimeout(tooLong);
  }
  kill(one, 'SIGKILL'); // the helpers it may have left behind
}

/** At once and without waiting: for the end of the bench, whatever ended it. */
export function killAll(): void {
  for (const one of running) kill(one, 'SIGKILL');
  running.clear();
}

/** Runs a program of the load to its end and returns what it printed. */
export async function run(command: readonly string[], core: number): Promise<string> {
  const child = spawn('taskset', ['-c', String(core), ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const killer = () => child.kill('SIGKILL');
  process.once('exit', killer);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.removeListener('exit', killer);
  if (code !== 0)
    throw new Error(`${command.join(' ')} failed (exit ${code}): ${complaint || output}`.trim());
  return output;
}

/** The path of a program, or undefined. Debian keeps servers in sbin, which users often lack in PATH. */
export function which(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** This process is part of the load: off the servers' core, children included. */
export function pinSelf(core: number): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(process.pid)]);
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function kill(one: Running, signal: NodeJS.Signals): void {
  try {
    process.kill(-one.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}
