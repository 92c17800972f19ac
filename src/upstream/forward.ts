// forward — the servers that names of a zone are asked of, and in which order.

import { type Endpoint, formatEndpoint } from '../config.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import type { ForwardPlan } from '../plan/forward-plan.ts';
import type { Transport } from './exchange.ts';
import { Upstream } from './upstream.ts';
import type { UpstreamContext } from './upstream-context.ts';

function isWell(upstream: Upstream): boolean {
  return upstream.rank === 0;
}

export class Forward {
  readonly plan: ForwardPlan;
  readonly transport: Transport;
  upstreams: readonly Upstream[];
  readonly #from: string;
  readonly #except: readonly string[];

  constructor(plan: ForwardPlan, upstreams: readonly Upstream[]) {
    this.plan = plan;
    this.transport = plan.transport === 'tcp' ? 'tcp' : 'udp';
    this.upstreams = upstreams;
    this.#from = wireSuffix(plan.from);
    this.#except = plan.except.map(wireSuffix);
  }

  /** Whether it takes each name there is. */
  get takesAll(): boolean {
    return this.#from === '\0' && this.#except.length === 0;
  }

  /** @param name folded, in wire form, one byte a character */
  takes(name: string): boolean {
    return isBelow(name, this.#from) && !this.#except.some((suffix) => isBelow(name, suffix));
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
}

/** The forwards of an instance, a plan each; servers that several ask by one transport are one upstream. */
export class Forwards {
  readonly #byPlan = new Map<string, Forward>();
  readonly #made = new Map<string, Upstream>();
  readonly #context: UpstreamContext;
  /** Servers that were replaced, while questions wait for them. */
  #leaving: readonly Upstream[] = [];

  constructor(context: UpstreamContext) {
    this.#context = context;
  }

  /** That of a plan: one and the same for plans that say the same. */
  of(plan: ForwardPlan): Forward {
    const text = JSON.stringify(plan);
    const known = this.#byPlan.get(text);
    if (known !== undefined) return known;
    const forward = new Forward(plan, []);
    this.#byPlan.set(text, forward);
    forward.upstreams = plan.servers.map(({ endpoint }) => this.#upstream(endpoint, forward.transport));
    return forward;
  }

  /** Other servers from the next question on; those that stay keep what is known about them. */
  setServers(forward: Forward, servers: readonly Endpoint[]): void {
    const before = this.upstreams;
    forward.upstreams = servers.map((server) => this.#upstream(server, forward.transport));
    this.#leave(before);
  }

  /** Forwards that are no longer wanted: nothing new is asked of their servers, unless others have them, too. */
  keep(wanted: ReadonlySet<Forward>): void {
    const before = this.upstreams;
    for (const [text, forward] of this.#byPlan) if (!wanted.has(forward)) this.#byPlan.delete(text);
    this.#leave(before);
  }

  /** Called a few times a second. */
  sweep(now: number): void {
    for (const upstream of this.upstreams) upstream.sweep(now);
    if (this.#leaving.length === 0) return;
    const left = this.#leaving.filter((upstream) => upstream.leave(now));
    for (const upstream of left) this.#made.delete(keyOf(upstream.endpoint, upstream.transport));
    this.#leaving = this.#leaving.filter((upstream) => !left.includes(upstream));
  }

  close(): void {
    for (const upstream of [...this.upstreams, ...this.#leaving]) upstream.close();
  }

  /** Each once. */
  get upstreams(): readonly Upstream[] {
    return [...new Set([...this.#byPlan.values()].flatMap((forward) => forward.upstreams))];
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Those of them, and those that leave already, that no forward has any more. */
  #leave(before: readonly Upstream[]): void {
    const after = this.upstreams;
    this.#leaving = [...new Set([...this.#leaving, ...before])].filter((one) => !after.includes(one));
  }

  #upstream(endpoint: Endpoint, transport: Transport): Upstream {
    const key = keyOf(endpoint, transport);
    const upstream = this.#made.get(key) ?? new Upstream(endpoint, transport, this.#context);
    this.#made.set(key, upstream);
    return upstream;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function keyOf(endpoint: Endpoint, transport: Transport): string {
  return `${transport} ${formatEndpoint(endpoint)}`;
}
