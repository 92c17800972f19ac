// attack — a process that does harm for a time, and tells at its end what it did and what it got: counts by name.
//
// It is a process of its own, so that neither the load nor the bystanders wait while it works; it ends with the suite.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/config.ts';

/** What each attacker is told. */
export interface AttackPlan {
  readonly target: Endpoint;
  /** Where the instances tell about themselves; none where the subject is not ours. */
  readonly admins: readonly Endpoint[];
  /** Milliseconds it lasts. */
  readonly ms: number;
  /** In names that are asked, so that they are new. */
  readonly run: string;
  /** What else the attack wants to know. */
  readonly [further: string]: unknown;
}

export type Counts = Readonly<Record<string, number>>;

export class Attack {
  readonly #child: ChildProcess;
  /** Resolves when it is under way, and when it has ended. */
  readonly begun: Promise<void>;
  readonly over: Promise<Counts>;

  /** @param name of a file of this folder */
  constructor(name: string, plan: AttackPlan) {
    const file = fileURLToPath(new URL(`${name}.js`, import.meta.url));
    const child = fork(file, [JSON.stringify(plan)], { execArgv: ['--max-semi-space-size=4'] });
    this.#child = child;
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the attack ${name} ended without a word: ${signal ?? `exit code ${code}`}`);
    });
    const begun = once(child, 'message');
    this.begun = Promise.race([begun.then(() => {}), ended]);
    const told = begun.then(() => once(child, 'message')).then(([counts]) => counts as Counts);
    this.over = Promise.race([told, ended]);
    for (const one of [ended, this.begun, this.over]) one.catch(() => {}); // for the siege that waits for it
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** At once. Harmless when it has ended. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
