// member — one process of a subject: started, watched, ended. None outlives the suite.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Slot } from '../../src/config.ts';
import { messageOf } from '../../src/errors.ts';

/** How a process is started, and how it says that it serves. */
export interface Recipe {
  readonly command: readonly string[];
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Undefined: it says so on its IPC channel. */
  readonly ready: RegExp | undefined;
}

/** Lines of a process that are kept. */
const KEPT = 300;
/** Milliseconds a process has to serve; some starts are made slow on purpose. */
const START = 20_000;
/** Milliseconds after which an event loop that has not turned is taken to stand for ever. */
export const STALLED = 3000;

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export class Member {
  readonly slot: Slot;
  readonly serves: Promise<void>;
  /** Resolves to the signal or the exit code. */
  readonly gone: Promise<string>;
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #ended: string | undefined;
  /** Told of the next line it writes. */
  readonly #waiting: (() => void)[] = [];

  /** @param hear is told each line it writes */
  constructor(
    slot: Slot,
    { command, folder, environment = {}, ready }: Recipe,
    hear: (line: string) => void = () => {},
  ) {
    const [file, ...args] = command;
    this.slot = slot;
    const child = spawn(file!, args, {
      cwd: folder,
      // Settings of the suite's own environment are not meant for the subjects.
      env: { ...withoutOptions(process.env), ...environment },
      detached: true, // a terminal's Ctrl-C is for the suite, which then ends all in order
      stdio: ['ignore', 'pipe', 'pipe', ...(ready === undefined ? (['ipc'] as const) : [])],
    });
    this.#child = child;
    living.add(child);
    this.gone = once(child, 'exit').then(
      ([code, signal]) => this.#end(signal ?? `exit code ${code}`),
      (error: unknown) => this.#end(messageOf(error)),
    );
    const said = new Promise<void>((resolve) => {
      if (ready === undefined) child.once('message', () => resolve());
      this.#read((line) => {
        hear(line);
        if (ready?.test(line)) resolve();
      });
    });
    this.serves = this.#within(said);
    this.serves.catch(() => {}); // its error is for the callers that wait for it
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Tells a fault module within it to do its work. */
  command(fault: string, ms: number): void {
    this.#child.send?.({ fault, ms });
  }

  /**
   * The longest time its event loop stood since it was asked last, in milliseconds: STALLED if it does not say, undefined when
   * it is gone. Its faults have `stall`.
   */
  async longestStall(): Promise<number | undefined> {
    if (!this.#child.connected) return undefined;
    const told = new Promise<number>((resolve) => {
      const hear = (message: { readonly stall?: number }) => {
        if (message.stall === undefined) return;
        this.#child.off('message', hear);
        resolve(message.stall);
      };
      this.#child.on('message', hear);
    });
    this.command('stall', 0);
    const never = pause(STALLED, STALLED, { ref: false });
    return Promise.race([told, this.gone.then(() => undefined), never]);
  }

  /** Sends a signal that ends it, and resolves to what ended it. */
  async end(signal: NodeJS.Signals): Promise<string> {
    if (this.alive) this.signal(signal);
    return this.gone;
  }

  /** Resolves when it has logged this, now or before; at its end, too. */
  async says(pattern: RegExp): Promise<void> {
    while (this.alive && !this.said(pattern)) await Promise.race([this.#nextLine(), this.gone]);
  }

  /** Whether it has logged this. */
  said(pattern: RegExp): boolean {
    return this.lines.some((line) => pattern.test(line));
  }

  // -------------------------------------------------------------------------------------------------------------------

  #nextLine(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end(how: string): string {
    living.delete(this.#child);
    this.#ended = how;
    return how;
  }

  #read(look: (line: string) => void): void {
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          if (this.lines.push(line) > KEPT) this.lines.shift();
          look(line);
        }
        for (const resolve of this.#waiting.splice(0)) resolve();
      });
    }
  }

  async #within(said: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const fail = (why: string) => {
      throw new Error(`the ${this.slot} ${why}. Its last lines:\n${this.lines.slice(-8).join('\n')}`);
    };
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, START);
    });
    await Promise.race([
      said,
      late.then(() => fail(`did not serve within ${START / 1000} s`)),
      this.gone.then((how) => fail(`ended without serving (${how})`)),
    ]).finally(() => clearTimeout(timer));
  }
}

function withoutOptions(environment: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(environment).filter(
    ([name]) => !name.startsWith('TWINDNS_') && !name.startsWith('NODE_'),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
