// child — one instance as a child process, started again when it dies.
//
// It has a session of its own: Ctrl-C at a terminal reaches the supervisor alone, which then stops both in order. If the
// supervisor dies in any way, the kernel closes the IPC channel, and the child goes too (parent.ts).

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Slot } from '../config.ts';
import { nextDelay } from './back-off.ts';
import type { ParentMessage } from './parent.ts';

export interface ChildEvents {
  /** It serves, for the first time or again. */
  listening(slot: Slot): void;
  /** One line it wrote, without the newline. */
  line(slot: Slot, text: string): void;
  /** It ended and comes back after `delayMs`. */
  died(slot: Slot, reason: string, delayMs: number): void;
  /** It never served and says it cannot: exit codes 2 to 5. */
  refused(slot: Slot, exitCode: number, said: string): void;
}

export interface Child {
  readonly slot: Slot;
  readonly up: boolean;
  /** Ends it by SIGINT, or by SIGKILL when `patienceMs` are over; resolves when it is gone. */
  stop(patienceMs: number): Promise<void>;
  kill(): void;
  /** It reads its files again. */
  reload(): void;
}

/** @param args of the program after `process.execPath` */
export function startChild(slot: Slot, args: readonly string[], events: ChildEvents): Child {
  const state: State = {
    slot,
    args,
    events,
    stopping: false,
    served: false,
    up: false,
    delayMs: 0,
    process: undefined,
  };
  launch(state);
  return {
    slot,
    get up() {
      return state.up;
    },
    stop: (patienceMs) => stop(state, patienceMs),
    kill() {
      state.stopping = true;
      clearTimeout(state.restart);
      state.process?.kill('SIGKILL');
    },
    reload() {
      state.process?.kill('SIGHUP');
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

interface State {
  readonly slot: Slot;
  readonly args: readonly string[];
  readonly events: ChildEvents;
  stopping: boolean;
  /** Has it ever listened? */
  served: boolean;
  up: boolean;
  delayMs: number;
  restart?: NodeJS.Timeout;
  process: ChildProcess | undefined;
}

const refusals = { first: 2, last: 5 };

function launch(state: State): void {
  const { slot, args, events } = state;
  const started = performance.now();
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  state.process = child;
  let said: string[] = []; // on stderr, until it serves: why it cannot start
  eachLine(child.stdout!, (text) => events.line(slot, text));
  eachLine(child.stderr!, (text) => (state.up ? events.line(slot, text) : said.push(text)));
  child.on('message', (message: ParentMessage) => {
    if (message !== 'listening') return;
    state.served = true;
    state.up = true;
    for (const text of said.splice(0)) events.line(slot, text);
    events.listening(slot);
  });
  child.on('error', (error) => said.push(error.message)); // it could not be spawned; `close` follows
  child.on('close', (code, signal) => {
    state.up = false;
    state.process = undefined;
    if (state.stopping) return;
    if (!state.served && code !== null && code >= refusals.first && code <= refusals.last) {
      events.refused(slot, code, said.join('\n'));
      return;
    }
    for (const text of said) events.line(slot, text);
    said = [];
    state.delayMs = nextDelay(state.delayMs, performance.now() - started);
    events.died(slot, signal === null ? `exit code ${code}` : signal, state.delayMs);
    state.restart = setTimeout(launch, state.delayMs, state);
  });
}

function stop(state: State, patienceMs: number): Promise<void> {
  state.stopping = true;
  clearTimeout(state.restart);
  const child = state.process;
  if (child === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGINT'); // which waits for no twin
  });
}

function eachLine(stream: Readable, take: (text: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}
