// measured-resolver — a resolver in a process of its own that tells its heap, memory, stalls and counters when asked.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Config, Endpoint } from '../../src/config.ts';
import type { EventName } from '../../src/counters.ts';
import { heapFlags } from '../../src/heap.ts';
import type { ResolverStatus } from '../../src/status.ts';
import { endpointsAt } from './endpoints.ts';
import { freePort } from './free-port.ts';

export interface Figures {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** Longest time the event loop stood still, since asked last; 0 unless stalls are measured. */
  readonly stallMs: number;
  /** Garbage collections since the start. */
  readonly collections: number;
  readonly events: Readonly<Record<EventName, number>>;
  readonly status: ResolverStatus;
}

/** What the child is told. */
export interface Setting {
  readonly config: Config;
  /** Keeps one object a query: the negative control. */
  readonly leaky: boolean;
  /** Costs some allocations, so not where those are measured. */
  readonly measureStalls: boolean;
}

export type Wishes = Partial<Config & Omit<Setting, 'config'>>;

export class MeasuredResolver {
  readonly endpoint: Endpoint;
  readonly #child: ChildProcess;

  static async start(
    t: TestContext,
    upstream: Endpoint,
    { leaky = false, measureStalls = false, ...overrides }: Wishes = {},
  ): Promise<MeasuredResolver> {
    const port = await freePort();
    const listeners = endpointsAt(defaults.listen, port);
    const config = { ...defaults, upstreams: [upstream], port, listeners, ...overrides };
    const setting: Setting = { config, leaky, measureStalls };
    const path = fileURLToPath(new URL('measured-child.js', import.meta.url));
    const child = fork(path, [JSON.stringify(setting)], { execArgv: ['--expose-gc', ...heapFlags] });
    t.after(() => child.kill('SIGKILL'));
    await once(child, 'message');
    return new MeasuredResolver(child, { address: '127.0.0.1', port });
  }

  private constructor(child: ChildProcess, endpoint: Endpoint) {
    this.#child = child;
    this.endpoint = endpoint;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @param collect collects all garbage first, which takes some ten milliseconds */
  async figures(collect: boolean): Promise<Figures> {
    const reply = once(this.#child, 'message');
    this.#child.send(collect);
    const [figures] = await reply;
    return figures;
  }
}

/** Those of `twindns run`, apart from what a test needs: a long life for what is cached. */
const defaults: Config = {
  listen: ['127.0.0.1'],
  port: 0,
  listeners: [],
  slot: 'primary',
  upstreams: [],
  corefile: undefined,
  configuration: '',
  pillarClusterDns: [],
  kubeDnsConfig: '/nonexistent',
  upstreamFile: undefined,
  clusterDomain: 'cluster.local',
  clusterDns: [],
  udpSize: 4096,
  autopath: undefined,
  requireClusterDns: true,
  cacheBytes: 32 * 2 ** 20,
  cacheTtl: 86_400_000,
  admin: { address: '127.0.0.1', port: 0 },
  health: undefined,
  metrics: undefined,
  pidFile: undefined,
  leader: false,
  keepInterface: false,
  interface: { name: 'nodelocaldns', type: 'none' },
  rules: 'none',
  syncInterval: 60_000,
  channelDirectory: undefined,
  drainTimeout: 100,
  waitForTwin: 0,
  logLevel: 'error',
  logFormat: 'text',
};
