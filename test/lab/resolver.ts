// resolver — one resolver under test, inside this process, between a client and scripted upstreams.

import type { TestContext } from 'node:test';
import { Bound, Budget } from '../../src/budget.ts';
import type { Config, Endpoint } from '../../src/config.ts';
import type { Handover } from '../../src/handover/handover.ts';
import type { ConnectionTable } from '../../src/listen/connection-table.ts';
import type { Log } from '../../src/log/log.ts';
import { flagsPlan } from '../../src/options/flags-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Resolver } from '../../src/resolver.ts';
import { askTcp, askUdp, TcpClient, UdpClient } from './client.ts';
import { LabClock } from './clock.ts';
import { endpointsAt } from './endpoints.ts';
import { freePort } from './free-port.ts';
import { type Message, parseMessage } from './message.ts';
import { ScriptedUpstream } from './scripted-upstream.ts';
import { plain, type Script } from './scripts.ts';
import { buildQuery, type QuerySpec } from './wire.ts';

/** Nobody reads the log of a resolver in a test. */
export const silentLog = { debug() {}, info() {}, warn() {}, error() {}, line() {} };

/** A resolver on a free port of 127.0.0.1; its upstreams are given as they are. */
export async function startLabResolver(
  overrides: Partial<Config> = {},
  clock = new LabClock(),
  budget = new Budget(),
  change?: (plan: Plan) => Plan,
  log: Log = silentLog,
): Promise<LabResolver> {
  const { createResolver } = await import('../../src/resolver.ts');
  const port = overrides.port ?? (await freePort());
  const listen = overrides.listen ?? labConfig.listen;
  const config: Config = { ...labConfig, listeners: endpointsAt(listen, port), ...overrides, port };
  const plan = change === undefined ? undefined : change(flagsPlan(config));
  const resolver = createResolver(config, log, {
    now: clock.now,
    ringIn: clock.ringIn,
    budget,
    ...(plan === undefined ? {} : { plan }),
  });
  resolver.open();
  return { resolver, clock, endpoint: config.listeners[0]! };
}

export interface LabResolver {
  readonly resolver: Resolver;
  readonly clock: LabClock;
  readonly endpoint: Endpoint;
}

export interface LabOptions {
  /** Scripts of the servers outside the cluster, in order; one plain server unless given. */
  readonly upstreams?: readonly Script[];
  /** Script of the cluster DNS; without one, everything goes to `upstreams`. */
  readonly cluster?: Script;
  readonly config?: Partial<Config>;
  /** What is served instead of what the flags say. */
  readonly plan?: (plan: Plan) => Plan;
  readonly log?: Log;
  /** What waiting queries may take, bytes; as usual unless given. */
  readonly waitingBytes?: number;
  /** How many the process may have open; any number unless given. */
  readonly descriptors?: number;
}

/** Resolver and upstreams of one test; they stop when the test ends. */
export async function startLab(t: TestContext, options: LabOptions = {}): Promise<Lab> {
  const upstreams = await Promise.all(
    (options.upstreams ?? [plain]).map((script) => ScriptedUpstream.start(script)),
  );
  const cluster = options.cluster && (await ScriptedUpstream.start(options.cluster));
  const servers = cluster ? [...upstreams, cluster] : upstreams;
  const config: Partial<Config> = {
    upstreams: upstreams.map((upstream) => upstream.endpoint),
    clusterDns: cluster ? [cluster.endpoint] : [],
    ...options.config,
  };
  try {
    const { resolver, clock, endpoint } = await startLabResolver(
      config,
      new LabClock(),
      budgetOf(options),
      options.plan,
      options.log,
    );
    const lab = new Lab(resolver, clock, endpoint, upstreams, cluster);
    t.after(() => lab.stop());
    return lab;
  } catch (error) {
    await Promise.all(servers.map((server) => server.stop()));
    throw error;
  }
}

function budgetOf({ waitingBytes, descriptors }: LabOptions): Budget {
  if (waitingBytes === undefined) return new Budget(descriptors);
  return Object.assign(new Budget(descriptors), {
    waitingQueries: new Bound('waiting_queries', 'bytes', waitingBytes),
  });
}

export class Lab {
  readonly resolver: Resolver;
  readonly clock: LabClock;
  readonly endpoint: Endpoint;
  readonly upstreams: readonly ScriptedUpstream[];
  /** The first of the upstreams. */
  readonly upstream: ScriptedUpstream;
  readonly #cluster: ScriptedUpstream | undefined;
  readonly #clients: { close(): void | Promise<void> }[] = [];

  constructor(
    resolver: Resolver,
    clock: LabClock,
    endpoint: Endpoint,
    upstreams: readonly ScriptedUpstream[],
    cluster: ScriptedUpstream | undefined,
  ) {
    this.resolver = resolver;
    this.clock = clock;
    this.endpoint = endpoint;
    this.upstreams = upstreams;
    this.upstream = upstreams[0]!;
    this.#cluster = cluster;
  }

  get cluster(): ScriptedUpstream {
    if (!this.#cluster) throw new Error('this lab has no cluster DNS');
    return this.#cluster;
  }

  get handover(): Handover {
    return this.resolver.handover;
  }

  /** The TCP connections, with what is nobody's business but a test's. */
  get table(): ConnectionTable {
    return this.handover.connections as ConnectionTable;
  }

  /** One question from a client of its own; a name stands for its A query. */
  async ask(
    query: string | QuerySpec | Uint8Array,
    transport: 'udp' | 'tcp' = 'udp',
    timeoutMs = 6000,
  ): Promise<Message> {
    const bytes =
      query instanceof Uint8Array ? query : buildQuery(typeof query === 'string' ? { name: query } : query);
    const asked =
      transport === 'udp'
        ? askUdp(this.endpoint, bytes, { timeoutMs })
        : askTcp(this.endpoint, bytes, timeoutMs);
    return parseMessage(await asked);
  }

  async udp(from?: string): Promise<UdpClient> {
    const client = await UdpClient.open(this.endpoint, from);
    this.#clients.push(client);
    return client;
  }

  /** A client of another address of the resolver. */
  async udpTo(endpoint: Endpoint): Promise<UdpClient> {
    const client = await UdpClient.open(endpoint);
    this.#clients.push(client);
    return client;
  }

  async tcp(from?: string): Promise<TcpClient> {
    const client = await TcpClient.open(this.endpoint, from);
    this.#clients.push(client);
    return client;
  }

  /** Sends bytes and then a good query on the same socket: all that came back before the good one's answer. */
  async provoke(...bytes: readonly Uint8Array[]): Promise<Buffer[]> {
    const client = await this.udp();
    for (const message of bytes) client.send(message);
    const id = 60_000 + Math.floor(Math.random() * 5000);
    client.send(buildQuery({ id, name: `probe-${id}.example` }));
    return (await client.until(id)).before;
  }

  /** Resolves when no question is being asked upstream any more. */
  async settled(timeoutMs = 6000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (this.resolver.status().inFlight > 0) {
      if (performance.now() > end) throw new Error(`still asking after ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Also fails the test when the resolver had to contain an exception. */
  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.resolver.stop();
    await Promise.all(
      [...this.upstreams, ...(this.#cluster ? [this.#cluster] : [])].map((upstream) => upstream.stop()),
    );
    const { panics } = this.resolver.counters.events;
    if (panics > 0) throw new Error(`${panics} exceptions on the query path`);
  }
}

/** Of an instance of that pair which serves its addresses. */
export function configAt(where: Pick<Config, 'listen' | 'port'>): Config {
  return { ...labConfig, ...where, listeners: endpointsAt(where.listen, where.port) };
}

export const labConfig: Config = {
  listen: ['127.0.0.1'],
  port: 0,
  listeners: [{ address: '127.0.0.1', port: 0 }],
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
  cacheBytes: 8 * 1024 * 1024,
  cacheTtl: 30_000,
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
