// cluster — a node with a pod on it, and a cluster DNS elsewhere to which a Service address is translated as by kube-proxy.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { NetworkNamespace } from './network-namespace.ts';
import { Node } from './node.ts';
import type { Asked, PodTask } from './pod-process.ts';

/** What kube-proxy writes its rules with. */
export type ProxyKind = 'nft' | 'iptables-nft' | 'iptables-legacy';
export const services = ['10.96.0.10', 'fd00:10:96::a'] as const;
/** Who has answered. */
export const clusterDns = 'the cluster DNS';
export const upstream = 'the upstream of twindns';

const dnsPods = ['10.88.9.2', 'fd00:88:9::2'] as const;

export class Cluster {
  readonly node: Node;
  readonly pod: Client;
  /** A client in the network of the node itself. */
  readonly host: Client;
  /** Serves in the network of the node. */
  readonly #beside: ChildProcess;

  static async make(t: Pick<TestContext, 'after'>, proxy: ProxyKind): Promise<Cluster> {
    const node = await Node.make(t);
    const [pod, dns] = [await NetworkNamespace.make(t), await NetworkNamespace.make(t)];
    for (const [network, number] of [
      [pod, 1],
      [dns, 9],
    ] as const) {
      const ends = [
        [`10.88.${number}.1/24`, `10.88.${number}.2/24`],
        [`fd00:88:${number}::1/64`, `fd00:88:${number}::2/64`],
      ] as const;
      await node.network.cable(network, ends, `pod${number}`);
      await network.run('ip', 'route', 'add', 'default', 'via', `10.88.${number}.1`);
      await network.run('ip', '-6', 'route', 'add', 'default', 'via', `fd00:88:${number}::1`);
    }
    for (const switched of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      await node.run('sysctl', '--quiet', '--write', `${switched}=1`);
    // So that the node itself has somewhere to send to, before the translation.
    await node.run('ip', 'route', 'add', 'default', 'via', dnsPods[0]);
    await node.run('ip', '-6', 'route', 'add', 'default', 'via', dnsPods[1]);
    await translate(node, proxy);
    const server = dns.fork('test/lab/pod-process.js');
    for (const address of dnsPods) await tell(server, { what: 'serve', address, port: 53, text: clusterDns });
    const beside = node.network.fork('test/lab/pod-process.js');
    await tell(beside, { what: 'serve', address: '127.0.0.1', port: 5300, text: upstream });
    return new Cluster(node, pod, beside);
  }

  private constructor(node: Node, pod: NetworkNamespace, beside: ChildProcess) {
    this.#beside = beside;
    this.node = node;
    this.pod = new Client(pod);
    this.host = new Client(node.network);
  }

  /** One more server on the loopback address of the node, with a port of its own. */
  async serve(port: number, text: string): Promise<void> {
    await tell(this.#beside, { what: 'serve', address: '127.0.0.1', port, text });
  }

  /** Lines of connection tracking with a Service address. */
  async tracked(): Promise<readonly string[]> {
    const lines = (await this.node.run('cat', '/proc/net/nf_conntrack')).split('\n');
    return lines.filter((line) => /=(10\.96\.0\.10|fd00:0010:0096:0000:0000:0000:0000:000a) /.test(line));
  }
}

export class Client {
  readonly #child: ChildProcess;

  constructor(network: NetworkNamespace) {
    this.#child = network.fork('test/lab/pod-process.js');
  }

  /** Who answered, or why nobody did. */
  async ask(protocol: 'udp' | 'tcp', address: string): Promise<string> {
    return (await tell(this.#child, { what: 'ask', protocol, address })) as string;
  }

  /** By each protocol at each Service address. */
  async askAll(): Promise<readonly string[]> {
    const heard: string[] = [];
    for (const address of services)
      for (const protocol of ['udp', 'tcp'] as const) heard.push(await this.ask(protocol, address));
    return heard;
  }

  /** Asks again and again. */
  async begin(address: string): Promise<void> {
    await tell(this.#child, { what: 'begin', address });
  }

  /** What became of each query since, in order. */
  async stop(): Promise<readonly Asked[]> {
    return (await tell(this.#child, { what: 'stop' })) as Asked[];
  }
}

// ---------------------------------------------------------------------------------------------------------------------

async function tell(child: ChildProcess, task: PodTask): Promise<unknown> {
  const heard = once(child, 'message');
  child.send(task);
  return (await heard)[0];
}

async function translate(node: Node, proxy: ProxyKind): Promise<void> {
  for (const [i, service] of services.entries()) {
    const to = i === 0 ? `${dnsPods[i]}:53` : `[${dnsPods[i]}]:53`;
    const family = i === 0 ? 'ip' : 'ip6';
    if (proxy === 'nft') await node.run('nft', `add table ${family} kube-proxy`);
    for (const [chain, hook] of [
      ['PREROUTING', 'prerouting'],
      ['OUTPUT', 'output'],
    ] as const) {
      if (proxy === 'nft')
        await node.run(
          'nft',
          `add chain ${family} kube-proxy ${hook} { type nat hook ${hook} priority -100; }`,
        );
      for (const protocol of ['udp', 'tcp']) {
        const where = `${family} daddr ${service} ${protocol} dport 53`;
        if (proxy === 'nft')
          await node.run('nft', `add rule ${family} kube-proxy ${hook} ${where} dnat to ${to}`);
        else
          await node.run(
            proxy.replace('ip', i === 0 ? 'ip' : 'ip6'),
            ...['-t', 'nat', '-A', chain, '-d', service, '-p', protocol, '--dport', '53'],
            ...['-j', 'DNAT', '--to-destination', to],
          );
      }
    }
  }
}
