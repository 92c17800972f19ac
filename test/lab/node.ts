// node — a network namespace that stands for a Kubernetes node: instances run in it, and what they leave can be compared.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { NetworkNamespace } from './network-namespace.ts';
import { type Ending, Program, runToEnd, twindns } from './program.ts';

export class Node {
  readonly network: NetworkNamespace;
  readonly #t: Pick<TestContext, 'after'>;
  /** iptables-legacy locks a file, which namespaces would share. */
  readonly #lock: string;

  static async make(t: Pick<TestContext, 'after'>): Promise<Node> {
    return new Node(t, await NetworkNamespace.make(t));
  }

  private constructor(t: Pick<TestContext, 'after'>, network: NetworkNamespace) {
    this.network = network;
    this.#t = t;
    const folder = mkdtempSync(join(tmpdir(), 'twindns-node-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    this.#lock = join(folder, 'xtables.lock');
  }

  /** Runs a program on the node; its standard output. @throws when it fails */
  async run(...command: readonly string[]): Promise<string> {
    return (await succeed(this.#inside(command), this.#environment)).stdout;
  }

  /** As `run`, whatever comes of it. */
  end(...command: readonly string[]): Promise<Ending> {
    return runToEnd(this.#inside(command), { env: this.#environment, timeoutMs: 20_000 });
  }

  /** Starts a program; its pid is the program's own. */
  start(...command: readonly string[]): Program {
    return Program.start(this.#t, this.#inside(command), { env: this.#environment });
  }

  /**
   * The tables are there, and stay when they are empty, as on every node with kube-proxy; the chain the kubelet leaves says
   * which variant is in use.
   */
  async kubelet(variant: 'nft' | 'legacy' = 'nft'): Promise<void> {
    const commands: string[] = [];
    for (const family of ['iptables', 'ip6tables']) {
      const program = `${family}-${variant}`;
      commands.push(`${program} -t mangle -N KUBE-IPTABLES-HINT`);
      for (const [table, chains] of [
        ['raw', ['PREROUTING', 'OUTPUT']],
        ['filter', ['INPUT', 'OUTPUT']],
      ] as const)
        for (const chain of chains)
          for (const act of ['-A', '-D']) commands.push(`${program} -t ${table} ${act} ${chain} -j ACCEPT`);
    }
    await this.run('sh', '-ec', commands.join('\n'));
  }

  /** Starts an instance and waits until it listens. */
  async instance(slot: 'primary' | 'secondary', ...flags: readonly string[]): Promise<Program> {
    const program = this.launch(slot, ...flags);
    await program.says(/"listening"/);
    return program;
  }

  /** The same, before it listens. */
  launch(slot: 'primary' | 'secondary', ...flags: readonly string[]): Program {
    return this.start(...twindns, 'run', `--slot=${slot}`, '--log-format=json', ...flags);
  }

  /** Interfaces, addresses and rules, without numbers that change by themselves. */
  async listing(): Promise<string> {
    const commands = [
      'ip -o addr',
      'ip -o link',
      ...['iptables', 'ip6tables'].flatMap((name) => [`${name}-legacy-save`, `${name}-nft-save`]),
      'nft list ruleset',
    ];
    const { stdout } = await this.end('sh', '-c', commands.join('\n'));
    return stdout
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]/, '[]').replace(/ valid_lft.*/, ''))
      .join('\n');
  }

  // -------------------------------------------------------------------------------------------------------------------

  get #environment(): Record<string, string> {
    return { PATH: process.env.PATH ?? '', XTABLES_LOCKFILE: this.#lock };
  }

  #inside(command: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', this.network.name, ...command];
  }
}

async function succeed(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ending> {
  const ending = await runToEnd(command, { timeoutMs: 20_000, ...(env === undefined ? {} : { env }) });
  if (ending.status === 0) return ending;
  throw new Error(`${command.join(' ')} ended with ${ending.status}: ${ending.stderr}`);
}
