// node-rules — iptables as other programs of a node use it, in the namespace of the suite: changed, listed, locked.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onNode } from '../host/on-node.ts';
import { lockOf } from './recipes.ts';
import type { OwnStage } from './stage.ts';
import { until } from './until.ts';

/** The two that keep rules apart. */
export type Variant = 'nft' | 'legacy';

/** Rules of one address, without a health port: 2 × 2 not tracked, 2 × 2 accepted. */
const ROWS = 8;
const ours = 'NodeLocal DNS Cache';

export class NodeRules {
  readonly #stage: OwnStage;
  readonly variant: Variant;

  /** @param stage with a node address and --rules=iptables */
  constructor(stage: OwnStage, variant: Variant) {
    this.#stage = stage;
    this.variant = variant;
  }

  /** Makes the chain by which a kubelet tells the variant, and waits until the rules are in that variant. */
  async begin(): Promise<void> {
    if (this.variant === 'legacy') await this.run('iptables', ['-t', 'mangle', '-N', hint]);
    if ((await this.repaired(10_000)) === undefined)
      throw new Error(`no rules came to be in iptables-${this.variant}`);
  }

  /** So that the next stage finds what this one found. */
  async end(): Promise<void> {
    if (this.variant === 'legacy') await this.run('iptables', ['-t', 'mangle', '-X', hint]);
    await this.flush();
  }

  /** @param lock another one, for a program that must not wait for the common lock */
  async run(
    program: string,
    args: readonly string[],
    input?: string,
    lock = lockOf(this.#stage.folder),
  ): Promise<string> {
    const file = program.replace(/^iptables/, `iptables-${this.variant}`);
    return onNode('env', [`XTABLES_LOCKFILE=${lock}`, file, ...args], input);
  }

  async flush(): Promise<void> {
    const lock = `${this.#stage.folder}/another.lock`;
    for (const table of ['raw', 'filter']) await this.run('iptables', ['-t', table, '-F'], undefined, lock);
  }

  /** Rows that are ours, and the other rows, without counters and dates. */
  async list(): Promise<{ readonly mine: readonly string[]; readonly foreign: string }> {
    const rows = (await this.run('iptables-save', []))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]/, '[]'));
    return {
      mine: rows.filter((row) => row.includes(ours)),
      foreign: rows.filter((row) => !row.includes(ours)).join('\n'),
    };
  }

  async areWhole(): Promise<boolean> {
    const { mine } = await this.list();
    return mine.length === ROWS && new Set(mine).size === ROWS;
  }

  /** Milliseconds until they are whole; undefined when they are not within `atMost`. */
  repaired(atMost: number): Promise<number | undefined> {
    return until(() => this.areWhole(), atMost);
  }

  /** Takes the lock that all programs share; returns how it is given back. */
  async lock(): Promise<() => Promise<void>> {
    const holder = spawn('flock', [lockOf(this.#stage.folder), 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    return async () => {
      const gone = once(holder, 'exit');
      holder.stdin.end();
      await gone;
    };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const hint = 'KUBE-IPTABLES-HINT';
