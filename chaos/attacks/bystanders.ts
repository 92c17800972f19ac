// bystanders — clients beside an attack that have nothing to do with it, and the probes of a kubelet: a process of their own, so
// that what they wait for is the server.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/config.ts';

export interface BystandersPlan {
  readonly target: Endpoint;
  /** Scraped, as by a Prometheus in a pod. */
  readonly admins: readonly Endpoint[];
  /** Probed, as by the kubelet. */
  readonly healths: readonly Endpoint[];
  readonly run: string;
  /** New names a second of each domain. */
  readonly misses: Readonly<Record<string, number>>;
  /** New connections a second, each with one question for a cached name. */
  readonly connections: number;
}

export interface Heard {
  /** Milliseconds within which 99 of 100 cached names were answered. */
  readonly p99: number;
  readonly worst: number;
  readonly hits: Asked;
  /** Names whose time is over, but whose old answer is at hand. */
  readonly stale: Asked;
  /** By domain. */
  readonly misses: Readonly<Record<string, Asked>>;
  readonly connections: Asked;
  readonly probes: Asked;
  readonly scrapes: Asked;
  /** What was wrong, a few phrases. */
  readonly faults: readonly string[];
}

export interface Asked {
  readonly asked: number;
  /** Answered with a failure of the server. */
  readonly refused: number;
  readonly wrong: number;
  readonly never: number;
  /** Milliseconds. */
  readonly longest: number;
}

export class Bystanders {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** Resolves when they have asked each name that has to be cached. */
  static async start(plan: BystandersPlan): Promise<Bystanders> {
    const bystanders = new Bystanders(plan);
    try {
      await bystanders.#tell('ready?');
    } catch (error) {
      bystanders.stop();
      throw error;
    }
    return bystanders;
  }

  private constructor(plan: BystandersPlan) {
    const file = fileURLToPath(new URL('bystanders-process.js', import.meta.url));
    this.#child = fork(file, [JSON.stringify(plan)], { execArgv: ['--max-semi-space-size=4'] });
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error('the bystanders ended before the attack did');
    });
    this.#ended.catch(() => {});
  }

  /** From now on what they hear counts. */
  async begin(): Promise<void> {
    await this.#tell('begin');
  }

  /** They ask no more; resolves when each question has its answer or has waited long enough. */
  async finish(): Promise<Heard> {
    return (await this.#tell('finish')) as Heard;
  }

  /** At once. Harmless when they have ended. */
  stop(): void {
    this.#child.kill('SIGKILL');
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #tell(what: 'ready?' | 'begin' | 'finish'): Promise<unknown> {
    const heard = once(this.#child, 'message');
    this.#child.send(what);
    return (await Promise.race([heard, this.#ended]))[0];
  }
}
