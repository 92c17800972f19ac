// target-stage — a pair that runs already and is not ours: its members are stopped and started by commands.

import { spawn } from 'node:child_process';
import type { Endpoint, Slot } from '../../src/config.ts';
import { foreignNames } from '../load/foreign-names.ts';
import type { Stage } from './stage.ts';

export interface Target {
  readonly target: Endpoint;
  /** Names it can answer; the domains they are in have other names, which do not exist. */
  readonly names: readonly string[];
  /** Run by a shell with the slot in $SLOT and the signal in $SIGNAL; ends when the instance has. */
  readonly stop: string;
  /** Run in the same way; ends when the instance serves. */
  readonly start: string;
}

export class TargetStage implements Stage {
  readonly subject = 'twindns';
  readonly target: Endpoint;
  readonly own = undefined;
  mayFail = 'no' as const;
  happened: (what: string) => void = () => {};
  hush: (hushed: boolean) => void = () => {};
  readonly #stop: string;
  readonly #start: string;

  readonly questions: NonNullable<Stage['questions']>;

  /** Asks the pair about its names, once. */
  static async open({ target, names, stop, start }: Target): Promise<TargetStage> {
    return new TargetStage(target, stop, start, await foreignNames(target, names));
  }

  private constructor(
    target: Endpoint,
    stop: string,
    start: string,
    questions: NonNullable<Stage['questions']>,
  ) {
    this.target = target;
    this.questions = questions;
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

  measured(): void {}

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
