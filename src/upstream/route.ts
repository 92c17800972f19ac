// route — which servers a name is asked of: the longest suffix wins, on label borders, compared as folded wire bytes.

import type { TtlCaps } from '../cache/verdict.ts';
import type { Endpoint } from '../config.ts';
import { nameFromText } from '../message/name.ts';
import type { RouteStatus } from '../status.ts';
import type { Transport } from './exchange.ts';
import { Upstream } from './upstream.ts';
import type { UpstreamContext } from './upstream-context.ts';

/** What a route is made from. */
export interface RoutePlan {
  /** Without trailing dot; empty is the root. */
  readonly suffix: string;
  readonly transport: Transport;
  readonly servers: readonly Endpoint[];
  readonly caps: TtlCaps;
  /** Its questions may use what those of other routes leave free of their servers. */
  readonly vital: boolean;
}

function isWell(upstream: Upstream): boolean {
  return upstream.rank === 0;
}

export class Route {
  readonly index: number;
  readonly suffix: string;
  /** As metrics and status name it. */
  readonly zone: string;
  readonly transport: Transport;
  readonly caps: TtlCaps;
  readonly vital: boolean;
  upstreams: readonly Upstream[];

  constructor(index: number, plan: RoutePlan, upstreams: readonly Upstream[]) {
    this.index = index;
    this.suffix = Buffer.from(nameFromText(plan.suffix)).toString('latin1');
    this.zone = `${plan.suffix}.`;
    this.transport = plan.transport;
    this.caps = plan.caps;
    this.vital = plan.vital;
    this.upstreams = upstreams;
  }

  /** Those that answer first, in the order they were given; when none does, they are all tried all the same. */
  inOrder(): readonly Upstream[] {
    if (this.upstreams.every(isWell)) return this.upstreams;
    return this.upstreams.toSorted((a, b) => a.rank - b.rank);
  }

  /** When one of its servers was last heard of again after it had failed. */
  get recovered(): number {
    return this.upstreams.reduce(
      (latest, { recovered }) => Math.max(latest, recovered),
      Number.NEGATIVE_INFINITY,
    );
  }

  status(): RouteStatus {
    return { zone: this.zone, upstreams: this.upstreams.map((upstream) => upstream.status()) };
  }
}

/** The routes of an instance; servers named by several plans with one transport are one upstream. */
export class Routes {
  readonly all: readonly Route[];
  readonly #bySuffix: ReadonlyMap<string, Route>;
  readonly #longest: number;
  readonly #make: (endpoint: Endpoint, transport: Transport) => Upstream;

  /** Servers of the root that were replaced, while questions wait for them. */
  #leaving: readonly Upstream[] = [];

  /** @param plans one of them for the root */
  constructor(plans: readonly RoutePlan[], context: UpstreamContext) {
    this.#make = (endpoint, transport) => new Upstream(endpoint, transport, context);
    const made = new Map<string, Upstream>();
    const upstream = (endpoint: Endpoint, transport: Transport) => {
      const key = `${transport} ${endpoint.address} ${endpoint.port}`;
      const known = made.get(key) ?? this.#make(endpoint, transport);
      made.set(key, known);
      return known;
    };
    this.all = plans.map(
      (plan, index) =>
        new Route(
          index,
          plan,
          plan.servers.map((server) => upstream(server, plan.transport)),
        ),
    );
    this.#bySuffix = new Map(this.all.map((route) => [route.suffix, route]));
    this.#longest = Math.max(...this.all.map(({ suffix }) => suffix.length));
  }

  /** @param key a query's key, which begins with its folded name of `nameLength` bytes */
  find(key: string, nameLength: number): Route {
    for (let at = 0; ; at += key.charCodeAt(at) + 1) {
      if (nameLength - at > this.#longest) continue;
      const route = this.#bySuffix.get(key.slice(at, nameLength));
      if (route !== undefined) return route;
      if (at >= nameLength - 1) throw new Error('no route for the root: routes must include it');
    }
  }

  /** Other servers for the root from the next question on; those that stay keep what is known about them. */
  setRootServers(servers: readonly Endpoint[]): void {
    const root = this.#bySuffix.get('\0')!;
    const known = [...root.upstreams, ...this.#leaving];
    root.upstreams = servers.map(
      (server) =>
        known.find(({ endpoint }) => sameEndpoint(endpoint, server)) ?? this.#make(server, root.transport),
    );
    this.#leaving = known.filter((upstream) => !root.upstreams.includes(upstream));
  }

  /** Called a few times a second. */
  sweep(now: number): void {
    for (const upstream of this.upstreams) upstream.sweep(now);
    if (this.#leaving.length > 0) this.#leaving = this.#leaving.filter((upstream) => !upstream.leave(now));
  }

  close(): void {
    for (const upstream of [...this.upstreams, ...this.#leaving]) upstream.close();
  }

  /** Each once. */
  get upstreams(): readonly Upstream[] {
    return [...new Set(this.all.flatMap((route) => route.upstreams))];
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}
