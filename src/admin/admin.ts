// admin — the HTTP ports of an instance: that of --admin, for all who watch it, and that of --health, for its kubelet.
//
// Each instance has ports of its own: through a shared one the kernel would pick which one answers. Those that a Corefile asks
// for both twins have, since it is one file for both. A port that cannot be had keeps no client from its answers: DNS is served,
// and the port is tried again until it can.

import { monotonicMs } from 'node-reuseport';
import type { Bound } from '../budget.ts';
import type { Config, Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { bindError, errnoOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { isLoopback, sameEndpoint } from '../options/endpoint.ts';
import { flagOf } from '../options/options.ts';
import type { AdminPlan } from '../plan/plan.ts';
import type { Resolver } from '../resolver.ts';
import type { InstanceStatus, PortStatus } from '../status.ts';
import { type HttpServer, serveHttp } from './http-server.ts';
import { kernelDrops } from './kernel-drops.ts';
import { LastMinute, type Noted } from './last-minute.ts';
import { Liveness, tickMs } from './liveness.ts';
import { Pages } from './pages.ts';
import { instanceStatus, type NotedSource, type Source } from './source.ts';

export interface Admin {
  /** As --admin says, or with the port that was given if 0 was asked for; undefined where it is off. */
  readonly endpoint: Endpoint | undefined;
  /** The whole of /status. */
  readonly status: () => InstanceStatus;
  /** Serves those ports that a plan asks for, and no longer those of the plan before. */
  setPlanned(plans: readonly AdminPlan[]): void;
  /** From now on /ready says no; everything else goes on. */
  announceStop(): void;
  stop(): void;
}

/** @param expected a process that is about to end has the ports: that they are taken is no error at first */
export function startAdmin(
  config: Config,
  source: Omit<Source, 'ports'> & Pick<Resolver, 'budget'> & { preStop(): void },
  log: Log,
  expected = false,
  retryMs = RETRY,
  plans: readonly AdminPlan[] = [],
): Admin {
  const liveness = new Liveness(performance.now());
  const ports: Port[] = [];
  const minute = new LastMinute(source.counters, () => notedOf(source), performance.now());
  const shown: NotedSource = {
    ...source,
    ports: () => ports.map((port) => port.status),
    lastMinute: () => minute.status(performance.now()),
  };
  const pages = new Pages(config, shown, () => source.preStop(), log, liveness);
  let planned: readonly AdminPlan[] = [];
  const open = (name: Port['name'], endpoint: Endpoint, bound: Bound, share: number, plan?: AdminPlan) => {
    const nodeOnly = name === 'health' && isLoopback(endpoint.address);
    const onPanic = (error: unknown) =>
      log.error('a request could not be handled', { port: name, err: error });
    const shared = plan !== undefined || planned.some(({ at }) => at.port === endpoint.port);
    const settings = { bound, share, now: monotonicMs, onPanic, shared };
    const serve = () =>
      serveHttp(endpoint, settings, (request) =>
        plan === undefined || isOf(plan, request.path)
          ? pages.answer(request, nodeOnly)
          : pages.answer({ ...request, path: '/' }, nodeOnly),
      );
    ports.push(new Port(name, endpoint, serve, log, expected, retryMs));
  };
  const openPlanned = (plan: AdminPlan) => {
    const { adminConnections } = source.budget;
    const address = plan.at.address === '' ? '::' : plan.at.address;
    open('corefile', { address, port: plan.at.port }, adminConnections, ADMIN_SHARE, plan);
  };
  planned = withMetrics(plans, config.metrics);
  if (config.admin !== undefined) open('admin', config.admin, source.budget.adminConnections, ADMIN_SHARE);
  if (config.health !== undefined) {
    // The probes of a kubelet and those of any process of the node come from one source, so its share is all there is.
    open('health', config.health, source.budget.healthConnections, source.budget.healthConnections.most);
  }
  for (const plan of planned) openPlanned(plan);
  const ticking = setInterval(() => {
    const now = performance.now();
    liveness.tick(now);
    minute.tick(now);
  }, tickMs).unref();
  return {
    endpoint: ports.find(({ name }) => name === 'admin')?.endpoint,
    status: () => instanceStatus(shown),
    setPlanned(plans) {
      const next = withMetrics(plans, config.metrics);
      if (JSON.stringify(next) === JSON.stringify(planned)) return;
      planned = next;
      const before = ports.filter(({ name }) => name === 'corefile');
      for (const port of before) {
        port.stop();
        ports.splice(ports.indexOf(port), 1);
      }
      for (const plan of next) openPlanned(plan);
    },
    announceStop: () => pages.announceStop(),
    stop() {
      clearInterval(ticking);
      for (const port of ports) port.stop();
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** What a Corefile asks for, and --metrics: at an address that both name, one server. */
function withMetrics(plans: readonly AdminPlan[], metrics: Endpoint | undefined): readonly AdminPlan[] {
  if (metrics === undefined) return plans;
  const same = ({ at }: AdminPlan) => sameEndpoint(at, metrics);
  return plans.some(same)
    ? plans.map((plan) =>
        same(plan) ? { ...plan, pages: [...new Set([...plan.pages, 'metrics' as const])] } : plan,
      )
    : [...plans, { at: metrics, pages: ['metrics'], lameduck: 0 }];
}

function notedOf(source: Pick<Source, 'custody' | 'sockets' | 'stalls'>): Noted {
  const custody = source.custody();
  const drops = [...kernelDrops(source.sockets).values()];
  return {
    deaths: custody.enabled ? custody.takeovers.died : 0,
    isAlone: custody.enabled && custody.twins.length === 0,
    stallSeconds: { ...source.stalls.seconds },
    drops: drops.length === 0 ? null : drops.reduce((sum, count) => sum + count, 0),
  };
}

/** Whether a port that a Corefile asks for has that page. */
function isOf({ pages }: AdminPlan, path: string): boolean {
  return pages.some((page) => pathsOf[page].includes(path));
}

const pathsOf: Readonly<Record<AdminPlan['pages'][number], readonly string[]>> = {
  metrics: ['/metrics'],
  health: ['/health'],
  ready: ['/ready'],
};

/** Connections one source may have of those to the admin port. */
const ADMIN_SHARE = 16;
/** Milliseconds between attempts to have a port. */
const RETRY = 1000;
/** A process that is about to end has given its port back by then. */
const EXPECTED_TRIES = 10;

/** One of them, served or tried again. */
class Port {
  readonly name: PortStatus['name'];
  endpoint: Endpoint;
  readonly #serve: () => HttpServer;
  readonly #log: Log;
  readonly #expected: boolean;
  readonly #retryMs: number;
  #server: HttpServer | undefined;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(
    name: PortStatus['name'],
    endpoint: Endpoint,
    serve: () => HttpServer,
    log: Log,
    expected: boolean,
    retryMs: number,
  ) {
    this.name = name;
    this.endpoint = endpoint;
    this.#serve = serve;
    this.#log = log;
    this.#expected = expected;
    this.#retryMs = retryMs;
    this.#try();
  }

  get status(): PortStatus {
    const { name, endpoint } = this;
    return {
      name,
      address: formatEndpoint(endpoint),
      served: this.#server !== undefined,
      failures: this.#failures,
    };
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#server?.stop();
    this.#server = undefined;
  }

  #try(): void {
    const port = { port: this.name, address: formatEndpoint(this.endpoint) };
    try {
      this.#server = this.#serve();
      this.endpoint = this.#server.endpoint;
      if (this.#failures > 0) this.#log.info('a port that was taken is served now', port);
    } catch (error) {
      this.#failures++;
      const passes = this.#expected && errnoOf(error) === 'EADDRINUSE';
      if (this.#failures === (passes ? EXPECTED_TRIES : 1)) {
        const what = `HTTP at ${port.address}`;
        const said =
          this.name === 'corefile'
            ? 'prometheus, health or ready of the Corefile, or --metrics'
            : flagOf(this.name);
        const { message } = bindError(what, said, error);
        this.#log.error('DNS is served without this port, which is tried again', {
          ...port,
          reason: message,
        });
      } else if (this.#failures === 1) {
        this.#log.warn('an HTTP port is in use by another process; trying each second', port);
      }
      this.#retry = setTimeout(() => this.#try(), this.#retryMs).unref();
    }
  }
}
