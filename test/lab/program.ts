// program — a program under test, as a child process: what it says, how it ends. None outlives its test.

import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The checkout, from its built tests. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url));
/** The program as it is shipped, in one file: it starts in half the time that the files of the checkout take. */
export const twindns = [process.execPath, `${checkout}dist/bundle/twindns.mjs`] as const;
/** The chaos suite, which is shipped with no program: it starts files of the checkout as processes. */
export const chaosSuite = [process.execPath, `${checkout}dist/src/main.js`, 'chaos'] as const;

export interface Surroundings {
  /** Replaces the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A process group of its own, as a terminal's foreground job has. */
  readonly group?: boolean;
}

export interface Ending {
  /** Exit code, or 128 + signal number as a shell tells it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  #stdout = '';
  #stderr = '';
  #over = false;
  readonly #listeners = new Set<() => void>();

  /** Killed when the test ends, if it still runs then. */
  static start(
    t: Pick<TestContext, 'after'>,
    command: readonly string[],
    surroundings: Surroundings = {},
  ): Program {
    const program = new Program(command, surroundings);
    t.after(() => program.kill());
    return program;
  }

  constructor([file, ...args]: readonly string[], { env, cwd, group = false }: Surroundings = {}) {
    const child = spawn(file!, args, {
      cwd: cwd ?? checkout,
      env: env ?? process.env,
      detached: group,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#over = true;
        this.#notify();
        const status = code ?? 128 + (signalNumbers[signal ?? ''] ?? 0);
        resolve({ status, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    this.ended.catch(() => this.#notify());
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** On both streams, so far. */
  get said(): string {
    return this.#stdout + this.#stderr;
  }

  /** Resolves when it has said this; rejects when it ends without, or takes too long. */
  async says(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const late = () => done(new Error(`did not say ${pattern} within ${timeoutMs} ms: ${this.said}`));
      const timer = setTimeout(late, timeoutMs);
      const done = (outcome: RegExpExecArray | Error) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const look = () => {
        const found = pattern.exec(this.said);
        if (found) done(found);
        else if (this.#over) done(new Error(`ended without saying ${pattern}: ${this.said}`));
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (!this.#over) this.child.kill('SIGKILL');
    await this.ended.catch(() => {});
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

const signalNumbers: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a program to its end, which comes after `timeoutMs` at the latest. */
export async function runToEnd(
  command: readonly string[],
  surroundings: Surroundings & { readonly timeoutMs?: number } = {},
): Promise<Ending> {
  const program = new Program(command, surroundings);
  const timer = setTimeout(() => program.child.kill('SIGKILL'), surroundings.timeoutMs ?? 10_000);
  return program.ended.finally(() => clearTimeout(timer));
}

/** A process and everything below it. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = /^PPid:\s+(\d+)/m.exec(statusOf(Number(name)))?.[1];
    if (parent !== undefined)
      children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const member of family) family.push(...(children.get(member) ?? []));
  return family;
}

/** A zombie does not run. */
export function runs(pid: number): boolean {
  return /^State:\s+[^Z]/m.test(statusOf(pid));
}

/** `/proc/PID/status`; empty when there is no such process. */
export function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
