// target-stage — a pair that runs already, somebody else's: its members are stopped and started by commands.

import { spawn } from 'node:child_process';
import type { Endpoint, Slot } from '../src/config.ts';
import type { Stage } from './stage.ts';

export class TargetStage implements Stage {
  readonly subject = 'twindns';
  readonly target: Endpoint;
  readonly own = undefined;
  mayFail = false;
  happened: (what: string) => void = () => {};
  readonly #stop: string;
  readonly #start: string;

  /** @param stop run by a shell with the slot in $SLOT and the signal in $SIGNAL; `start` as well, ends when it serves */
  constructor(target: Endpoint, stop: string, start: string) {
    this.target = target;
    this.#stop = stop;
    this.#start = start;
  }

  async end(slot: Slot, signal: NodeJS.Signals): Promise<string> {
    await run(this.#stop, { SLOT: slot, SIGNAL: signal });
    return signal;
  }

  async start(slot: Slot): Promise<void> {
    await run(this.#start, { SLOT: slot });
  }

  note(): void {}

  failed(): void {}

  async stop(): Promise<void> {}
}

// ---------------------------------------------------------------------------------------------------------------------

async function run(command: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}: ${said.trim().slice(-300)}`);
}
