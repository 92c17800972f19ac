// target-stage — a pair that runs already and is not ours: its members are stopped and started by commands.

import { spawn } from 'node:child_process';
import { type Endpoint, formatEndpoint, type Slot, slots } from '../../src/config.ts';
import { foreignNames } from '../load/foreign-names.ts';
import { askStatus } from './ask-status.ts';
import type { Stage } from './stage.ts';

export interface Target {
  readonly target: Endpoint;
  /** Names it can answer; the domains they are in have other names, which do not exist. */
  readonly names: readonly string[];
  /** Where both serve /status: whether an instance is another one than before is seen there. */
  readonly admins: readonly Endpoint[];
  /** Run by a shell with the slot in $SLOT and the signal in $SIGNAL, such as KILL; ends when the instance has. */
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
  readonly #admins: readonly Endpoint[];
  /** When each instance was last told to stop, on the clock of this process. */
  readonly #ended = new Map<Slot, number>();

  readonly questions: NonNullable<Stage['questions']>;

  /** Asks the pair about its names, once, and looks whether both are seen. */
  static async open(target: Target): Promise<TargetStage> {
    const questions = await foreignNames(target.target, target.names);
    const stage = new TargetStage(target, questions);
    for (const slot of slots) await stage.#runsFor(slot);
    return stage;
  }

  private constructor({ target, stop, start, admins }: Target, questions: NonNullable<Stage['questions']>) {
    this.target = target;
    this.questions = questions;
    this.#stop = stop;
    this.#start = start;
    this.#admins = admins;
  }

  async end(slot: Slot, signal: NodeJS.Signals): Promise<string> {
    this.#ended.set(slot, performance.now());
    // Without SIG in front: not every shell's kill takes that.
    await run(this.#stop, { SLOT: slot, SIGNAL: signal.replace(/^SIG/, '') });
    return signal;
  }

  /** A disaster that did not strike is none: what runs now has to have begun since. */
  async start(slot: Slot): Promise<void> {
    await run(this.#start, { SLOT: slot });
    const runs = await this.#runsFor(slot);
    const since = (performance.now() - (this.#ended.get(slot) ?? 0)) / 1000;
    // Rounded down, so what has begun since is never older.
    if (runs > since)
      throw new Error(
        `the ${slot} runs for ${Math.round(runs)} s, and was told to stop ${since.toFixed(1)} s ago: ${this.#stop} did not stop it`,
      );
  }

  /** Seconds. @throws Error when no instance of that slot is seen */
  async #runsFor(slot: Slot): Promise<number> {
    const seen = await Promise.allSettled(this.#admins.map((admin) => askStatus(admin, PATIENCE)));
    const found = seen.find((one) => one.status === 'fulfilled' && one.value.slot === slot);
    if (found?.status === 'fulfilled') return found.value.uptimeSeconds;
    const where = this.#admins.map(formatEndpoint).join(', ');
    throw new Error(
      `no instance of the ${slot} is seen at ${where}: say by --admin where both serve /status`,
    );
  }

  note(): void {}

  failed(): void {}

  measured(): void {}

  async stop(): Promise<void> {}
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds for an answer of /status. */
const PATIENCE = 5000;
/** Milliseconds for a command: longer than a pod takes to be pulled and started, and shorter than a night. */
const LONGEST_COMMAND = 300_000;

async function run(command: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LONGEST_COMMAND,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === null) throw new Error(`${command} has not ended in ${LONGEST_COMMAND / 1000} s`);
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}: ${said.trim().slice(-300)}`);
}
