// route — which servers a name is asked of: the longest suffix wins, on label borders, compared as folded wire bytes.

import type { TtlCaps } from '../cache/verdict.ts';
import type { Endpoint } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import { nameFromText } from '../message/name.ts';
import type { RouteStatus } from '../status.ts';
import type { Transport } from './exchange.ts';
import { Upstream } from './upstream.ts';

/** What a route is made from. */
export interface RoutePlan {
  /** Without trailing dot; empty is the root. */
  readonly suffix: string;
  readonly transport: Transport;
  readonly servers: readonly Endpoint[];
  readonly caps: TtlCaps;
}

function isHealthy(upstream: Upstream): boolean {
  return upstream.healthy;
}

export class Route {
  readonly index: number;
  readonly suffix: string;
  /** As metrics and status name it. */
  readonly zone: string;
  readonly transport: Transport;
  readonly caps: TtlCaps;
  /** Questions of clients that wait on this route. */
  waiting = 0;
  upstreams: readonly Upstream[];

  constructor(index: number, plan: RoutePlan, upstreams: readonly Upstream[]) {
    this.index = index;
    this.suffix = Buffer.from(nameFromText(plan.suffix)).toString('latin1');
    this.zone = `${plan.suffix}.`;
    this.transport = plan.transport;
    this.caps = plan.caps;
    this.upstreams = upstreams;
  }

  /** Healthy servers first, in the order they were given; when none is, they are all tried all the same. */
  inOrder(): readonly Upstream[] {
    if (this.upstreams.every(isHealthy)) return this.upstreams;
    return [
      ...this.upstreams.filter(isHealthy),
      ...this.upstreams.filter((upstream) => !isHealthy(upstream)),
    ];
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

  /** @param plans one of them for the root */
  constructor(plans: readonly RoutePlan[], loop: EventLoop, events: Counters['events']) {
    this.#make = (endpoint, transport) => new Upstream(endpoint, transport, loop, events);
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

  /** Other servers for the root from now on; those that stay keep what is known about them. */
  setRootServers(servers: readonly Endpoint[]): void {
    const root = this.#bySuffix.get('\0')!;
    const old = root.upstreams;
    root.upstreams = servers.map(
      (server) =>
        old.find(({ endpoint }) => endpoint.address === server.address && endpoint.port === server.port) ??
        this.#make(server, root.transport),
    );
    for (const upstream of old) if (!root.upstreams.includes(upstream)) upstream.close();
  }

  /** Each once. */
  get upstreams(): readonly Upstream[] {
    return [...new Set(this.all.flatMap((route) => route.upstreams))];
  }
}
