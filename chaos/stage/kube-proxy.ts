// kube-proxy — a node as the pair finds it in a cluster: kube-proxy's translation of the address of the cluster DNS, a pod beside
// the pair, and the cluster DNS elsewhere. Both are processes in network namespaces of their own, which end with them.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/config.ts';
import { onNode } from '../host/on-node.ts';
import type { Asked, PodTask } from '../load/pod-process.ts';
import { lockOf } from './recipes.ts';
import type { OwnStage } from './stage.ts';

/** The legacy and the nft variant of iptables keep their rules apart. */
export type Variant = 'nft' | 'legacy';

export class KubeProxy {
  readonly #target: Endpoint;
  readonly #variant: Variant;
  readonly #lock: string;
  readonly #pod: ChildProcess;
  readonly #clusterDns: ChildProcess;

  /** @param stage with a node address that stands by itself */
  static async start(stage: OwnStage, variant: Variant): Promise<KubeProxy> {
    const pod = inNamespace('../load/pod-process.js', []);
    const clusterDns = inNamespace('upstream-process.js', ['0.0.0.0', '53']);
    const proxy = new KubeProxy(stage, variant, pod, clusterDns);
    try {
      await once(clusterDns, 'message');
      for (const [child, number] of [
        [pod, 1],
        [clusterDns, 9],
      ] as const)
        await cable(child.pid!, number);
      await onNode('sysctl', ['--quiet', '--write', 'net.ipv4.ip_forward=1']);
      await onNode('ip', ['route', 'add', 'default', 'via', dnsPod]);
      await proxy.#translate();
    } catch (error) {
      await proxy.end();
      throw error;
    }
    return proxy;
  }

  private constructor(stage: OwnStage, variant: Variant, pod: ChildProcess, clusterDns: ChildProcess) {
    this.#target = stage.target;
    this.#variant = variant;
    this.#lock = lockOf(stage.folder);
    this.#pod = pod;
    this.#clusterDns = clusterDns;
  }

  /** The pod asks over UDP and over TCP, in turn, every few milliseconds. */
  async begin(): Promise<void> {
    await this.#tell({ what: 'begin', target: this.#target });
  }

  /** What became of each question since. */
  async stop(): Promise<readonly Asked[]> {
    return (await this.#tell({ what: 'stop' })) as readonly Asked[];
  }

  /** How many of a few questions of the pod were answered. */
  async answered(): Promise<{ readonly answered: number; readonly asked: number }> {
    return (await this.#tell({ what: 'few', target: this.#target })) as { answered: number; asked: number };
  }

  /** As node-cache has it: every packet of a pod is taken past tracking, whether or not a socket would take it. */
  async plainRule(act: '-I' | '-D'): Promise<void> {
    const { address, port } = this.#target;
    for (const protocol of ['udp', 'tcp'])
      await this.#run('', [
        ...['-t', 'raw', act, 'PREROUTING', '-d', address, '-p', protocol, '--dport', String(port)],
        ...['-j', 'NOTRACK'],
      ]);
  }

  async end(): Promise<void> {
    // A namespace may outlive its process for a moment, and the next one's interfaces have these names.
    for (const here of ['pod1', 'pod9']) await onNode('ip', ['link', 'delete', here]).catch(() => {});
    for (const child of [this.#pod, this.#clusterDns]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  async #tell(task: PodTask): Promise<unknown> {
    const heard = once(this.#pod, 'message');
    this.#pod.send(task);
    return (await heard)[0];
  }

  async #translate(): Promise<void> {
    const { address, port } = this.#target;
    const rules = ['udp', 'tcp'].flatMap((protocol) => [
      `-A KUBE-SERVICES -d ${address}/32 -p ${protocol} -m ${protocol} --dport ${port} -j KUBE-SVC-DNS`,
      `-A KUBE-SEP-DNS -p ${protocol} -m ${protocol} -j DNAT --to-destination ${dnsPod}:53`,
    ]);
    const chains = ['SERVICES', 'SVC-DNS', 'SEP-DNS', 'MARK-MASQ', 'POSTROUTING'];
    const lines = [
      '*nat',
      ...chains.map((chain) => `:KUBE-${chain} - [0:0]`),
      '-A PREROUTING -j KUBE-SERVICES',
      '-A OUTPUT -j KUBE-SERVICES',
      '-A POSTROUTING -j KUBE-POSTROUTING',
      ...rules,
      '-A KUBE-SVC-DNS ! -s 10.88.0.0/16 -j KUBE-MARK-MASQ',
      '-A KUBE-SVC-DNS -j KUBE-SEP-DNS',
      '-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
      '-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-A KUBE-POSTROUTING -j MASQUERADE',
      'COMMIT',
    ];
    await this.#run('-restore', ['--noflush'], lines.map((line) => `${line}\n`).join(''));
    // By which the leader knows the variant.
    await this.#run('', ['-t', 'mangle', '-N', 'KUBE-IPTABLES-HINT']);
  }

  async #run(verb: '' | '-restore', args: readonly string[], input?: string): Promise<void> {
    const program = `iptables-${this.#variant}${verb}`;
    await onNode('env', [`XTABLES_LOCKFILE=${this.#lock}`, program, ...args], input);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const dnsPod = '10.88.9.2';

function inNamespace(module: string, args: readonly string[]): ChildProcess {
  const file = fileURLToPath(new URL(module, import.meta.url));
  return fork(file, [...args], { execPath: 'unshare', execArgv: ['--net', '--', process.execPath] });
}

/** An interface of the node, and one of the process's namespace. */
async function cable(pid: number, number: number): Promise<void> {
  const inside = (...args: readonly string[]) =>
    onNode('nsenter', [`--target=${pid}`, '--net', 'ip', ...args]);
  const here = `pod${number}`;
  await onNode('ip', ['link', 'add', here, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]);
  await onNode('ip', ['address', 'add', `10.88.${number}.1/24`, 'dev', here]);
  await onNode('ip', ['link', 'set', here, 'up']);
  await inside('address', 'add', `10.88.${number}.2/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('route', 'add', 'default', 'via', `10.88.${number}.1`);
}
