// iptables-node — a node of the test's own: a network namespace with its own rules, and its own lock.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Ended } from '../../ha/node/iptables/failure.ts';
import { linesOf, nodeTools, type Tools } from '../../ha/node/iptables/tools.ts';
import type { Variant } from '../../ha/node/iptables/variant.ts';
import { commandOf, comments, type Family, families } from '../../ha/node/rule-set.ts';

let made = 0;

export class IptablesNode {
  /** To be run instead of the host's. */
  readonly tools: Tools;
  readonly lock: string;
  readonly #name: string;
  /** Goes before every program: `setpriv` and its arguments, say. */
  under: readonly string[] = [];

  /** Gone when the test ends. */
  static async make(t: Pick<TestContext, 'after'>): Promise<IptablesNode> {
    const folder = mkdtempSync(join(tmpdir(), 'twindns-iptables-'));
    const node = new IptablesNode(`twindns-rules-${process.pid}-${made++}`, join(folder, 'lock'));
    await must('ip', ['netns', 'add', node.#name]);
    t.after(async () => {
      await must('ip', ['netns', 'delete', node.#name]);
      rmSync(folder, { recursive: true });
    });
    return node;
  }

  constructor(name: string, lock: string) {
    this.#name = name;
    this.lock = lock;
    this.tools = {
      run: (program, args, input) =>
        nodeTools.run('ip', this.#inside([...this.under, program, ...args]), input),
      legacyTables: async (family) => {
        const names = `/proc/net/${family === 'ipv4' ? 'ip' : 'ip6'}_tables_names`;
        return linesOf((await nodeTools.run('ip', this.#inside(['cat', names]))).stdout);
      },
    };
  }

  /** Has to succeed. */
  async run(program: string, args: readonly string[], input?: string): Promise<string> {
    return must('ip', this.#inside([program, ...args]), input);
  }

  /** As the kubelet does it. */
  async hint(variant: Variant): Promise<void> {
    for (const family of families)
      await this.run(`${commandOf(family)}-${variant}`, ['-w', '-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT']);
  }

  /** One rule after the other, as node-cache does it. */
  async insertLikeNodeCache(
    variant: Variant,
    address: string,
    port = '53',
    healthPort = '8080',
  ): Promise<void> {
    for (const [table, chain, ...match] of nodeCacheRules(address, port, healthPort))
      await this.run(programFor(variant, address), ['-w', '-t', table!, '-I', chain!, ...match]);
  }

  /** `-C` of each, which fails unless it is there. */
  async checkLikeNodeCache(variant: Variant, address: string): Promise<void> {
    for (const [table, chain, ...match] of nodeCacheRules(address, '53', '8080'))
      await this.run(programFor(variant, address), ['-w', '-t', table!, '-C', chain!, ...match]);
  }

  /** Everything, without counters and dates. */
  async list(variant: Variant, family?: Family): Promise<string> {
    const texts: string[] = [];
    for (const each of family ? [family] : families)
      texts.push(await this.run(`${commandOf(each)}-${variant}-save`, []));
    return linesOf(texts.join(''))
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]/, '[]'))
      .join('\n');
  }

  /** The same, without what is node-cache's or ours. */
  async listForeign(variant: Variant): Promise<string> {
    const ours = Object.values(comments);
    const lines = (await this.list(variant)).split('\n');
    return lines.filter((line) => !ours.some((comment) => line.includes(comment))).join('\n');
  }

  #inside(command: readonly string[]): string[] {
    return ['netns', 'exec', this.#name, 'env', `XTABLES_LOCKFILE=${this.lock}`, ...command];
  }
}

// ---------------------------------------------------------------------------------------------------------------------

async function must(program: string, args: readonly string[], input?: string): Promise<string> {
  const ended: Ended = await nodeTools.run(program, args, input);
  if (ended.status === 0) return ended.stdout;
  throw new Error(`${program} ${args.join(' ')}: ${ended.status} ${ended.stderr}`);
}

function programFor(variant: Variant, address: string): string {
  return `${address.includes(':') ? 'ip6tables' : 'iptables'}-${variant}`;
}

/** Its arguments in its order; written out here, so that ours are compared with something else. */
function nodeCacheRules(address: string, port: string, healthPort: string): readonly (readonly string[])[] {
  const skip = ['-j', 'NOTRACK', '-m', 'comment', '--comment', 'NodeLocal DNS Cache: skip conntrack'];
  const allow = ['-j', 'ACCEPT', '-m', 'comment', '--comment', 'NodeLocal DNS Cache: allow DNS traffic'];
  const to = ['-d', address, '--dport', port];
  const from = ['-s', address, '--sport', port];
  return [
    ['raw', 'PREROUTING', '-p', 'tcp', ...to, ...skip],
    ['raw', 'PREROUTING', '-p', 'udp', ...to, ...skip],
    ['filter', 'INPUT', '-p', 'tcp', ...to, ...allow],
    ['filter', 'INPUT', '-p', 'udp', ...to, ...allow],
    ['raw', 'OUTPUT', '-p', 'tcp', ...from, ...skip],
    ['raw', 'OUTPUT', '-p', 'udp', ...from, ...skip],
    ['filter', 'OUTPUT', '-p', 'tcp', ...from, ...allow],
    ['filter', 'OUTPUT', '-p', 'udp', ...from, ...allow],
    ['raw', 'OUTPUT', '-p', 'tcp', ...to, ...skip],
    ['raw', 'OUTPUT', '-p', 'udp', ...to, ...skip],
    ['raw', 'OUTPUT', '-p', 'tcp', '-d', address, '--dport', healthPort, ...skip],
    ['raw', 'OUTPUT', '-p', 'tcp', '-s', address, '--sport', healthPort, ...skip],
  ];
}
