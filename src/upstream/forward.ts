// forward — the servers that names of a zone are asked of, and in which order.
//
//   those that are well, doubted ones, those that failed: within each, as the policy says

import { type Endpoint, formatEndpoint } from '../config.ts';
import { type Pace, soonest } from '../loop/sweeper.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import type { ForwardPlan, ServerPlan } from '../plan/forward-plan.ts';
import type { ServerCounters } from '../status.ts';
import { random16 } from './random.ts';
import { watchServerFiles } from './server-files.ts';
import { TlsTrust } from './tls-trust.ts';
import { type Manner, Upstream } from './upstream.ts';
import type { UpstreamContext } from './upstream-context.ts';

export class Forward {
  readonly plan: ForwardPlan;
  upstreams: readonly Upstream[];
  readonly #from: string;
  readonly #except: readonly string[];
  /** Questions under way. */
  #asking = 0;
  #turns = 0;

  constructor(plan: ForwardPlan, upstreams: readonly Upstream[]) {
    this.plan = plan;
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

  /** One more question is put to it, until it leaves; false where that is one too many. */
  enter(): boolean {
    const { maxConcurrent } = this.plan;
    return ++this.#asking <= maxConcurrent || maxConcurrent === 0;
  }

  /** Whether what may still be answered may be asked once more: that is one more for its servers, too. */
  get bearsMore(): boolean {
    const { maxConcurrent } = this.plan;
    return maxConcurrent === 0 || this.#asking < maxConcurrent;
  }

  leave(): void {
    this.#asking--;
  }

  /** Whether the first server that has not failed speaks for all of them. */
  get isSequential(): boolean {
    return this.plan.policy === 'sequential';
  }

  /** What the next question is to give to `inOrder`, each time. */
  nextTurn(): number {
    switch (this.plan.policy) {
      case 'sequential':
      case 'in_turn':
        return 0;
      case 'round_robin':
        return this.#turns++;
      case 'random':
        return random16();
    }
  }

  /** Those that answer first; of those, as of the others, another one is first each turn. When none answers all are tried all the same. */
  inOrder(turn: number): readonly Upstream[] {
    if (this.isSequential) return this.upstreams.toSorted((a, b) => Number(b.healthy) - Number(a.healthy));
    const [first] = this.upstreams;
    const areAlike = this.upstreams.every(({ rank }) => rank === first!.rank);
    if (areAlike) return rotated(this.upstreams, turn);
    const ranks = [...new Set(this.upstreams.map(({ rank }) => rank))].sort();
    return ranks.flatMap((wanted) =>
      rotated(
        this.upstreams.filter(({ rank }) => rank === wanted),
        turn,
      ),
    );
  }

  /** When one of its servers was last heard of again after it had failed. */
  get recovered(): number {
    return this.upstreams.reduce(
      (latest, { recovered }) => Math.max(latest, recovered),
      Number.NEGATIVE_INFINITY,
    );
  }
}

/** The forwards of an instance, a plan each; servers that several ask in the same manner are one upstream. */
export class Forwards {
  readonly #byPlan = new Map<string, Forward>();
  readonly #made = new Map<string, Upstream>();
  readonly #trusts = new Map<string, TlsTrust>();
  readonly #context: UpstreamContext;
  readonly #own: () => readonly Endpoint[];
  readonly #unwatch = new Map<Forward, () => void>();
  /** Servers by files: another plan that has the file goes on with them while it is empty. */
  readonly #named = new Map<string, readonly Endpoint[]>();
  /** Servers that were replaced, while questions wait for them. */
  #leaving: readonly Upstream[] = [];

  /** @param own where this instance listens: a file that names it would be a loop */
  constructor(context: UpstreamContext, own: () => readonly Endpoint[]) {
    this.#context = context;
    this.#own = own;
  }

  /** That of a plan: one and the same for plans that say the same. */
  of(plan: ForwardPlan): Forward {
    const text = JSON.stringify(plan);
    const known = this.#byPlan.get(text);
    if (known !== undefined) return known;
    const forward = new Forward(plan, []);
    this.#byPlan.set(text, forward);
    this.#setServers(forward, plan.servers);
    if (plan.files.length > 0) {
      const take = (found: readonly Endpoint[]) =>
        this.#setServers(forward, [...found.map(plainServer), ...plan.servers]);
      const { files } = plan;
      this.#unwatch.set(forward, watchServerFiles(files, this.#own, this.#context.log, take, this.#named));
    }
    return forward;
  }

  /** Other servers from the next question on; those that stay keep what is known about them. */
  setServers(forward: Forward, servers: readonly Endpoint[]): void {
    this.#setServers(forward, servers.map(plainServer));
  }

  /** Forwards that are no longer wanted: nothing new is asked of their servers, unless others have them, too. */
  keep(wanted: ReadonlySet<Forward>): void {
    const before = this.upstreams;
    for (const [text, forward] of this.#byPlan) {
      if (wanted.has(forward)) continue;
      this.#byPlan.delete(text);
      this.#unwatch.get(forward)?.();
      this.#unwatch.delete(forward);
    }
    const files = new Set([...wanted].flatMap(({ plan }) => plan.files));
    for (const file of this.#named.keys()) if (!files.has(file)) this.#named.delete(file);
    this.#leave(before);
  }

  /** Returns how soon they are to be looked at again. */
  sweep(now: number): Pace {
    const paces = this.upstreams.map((upstream) => upstream.sweep(now));
    if (this.#leaving.length === 0) return soonest(paces);
    const left = this.#leaving.filter((upstream) => upstream.leave(now));
    for (const [key, upstream] of this.#made) if (left.includes(upstream)) this.#made.delete(key);
    this.#leaving = this.#leaving.filter((upstream) => !left.includes(upstream));
    this.#context.servers.keep(
      [...this.#made.values()].flatMap(({ record, streamRecord }) => [record, streamRecord]),
    );
    return soonest([...paces, this.#leaving.length > 0 ? 'soon' : 'seldom']);
  }

  close(): void {
    for (const unwatch of this.#unwatch.values()) unwatch();
    this.#unwatch.clear();
    for (const upstream of [...this.upstreams, ...this.#leaving]) upstream.close();
  }

  /** What was sent to them, each once by each transport. @param wallSeconds now, since 1970 */
  servers(now: number, wallSeconds: number): readonly ServerCounters[] {
    const { upstreams } = this;
    const preferred = new Set(upstreams.map(({ record }) => record));
    const others = upstreams.map(({ streamRecord }) => streamRecord);
    return [...new Set([...preferred, ...others])].map((record) =>
      record.counters(now, preferred.has(record), wallSeconds),
    );
  }

  /** Each once. */
  get upstreams(): readonly Upstream[] {
    return [...new Set([...this.#byPlan.values()].flatMap((forward) => forward.upstreams))];
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Those of them, and those that leave already, that no forward has any more. */
  #leave(before: readonly Upstream[]): void {
    if (this.#leaving.length + before.length === 0) return;
    const after = new Set(this.upstreams);
    this.#leaving = [...new Set([...this.#leaving, ...before])].filter((one) => !after.has(one));
    this.#context.sweepLater();
  }

  #setServers(forward: Forward, servers: readonly ServerPlan[]): void {
    const before = forward.upstreams;
    const upstreams = servers.map((server) => this.#upstream(server, forward.plan));
    forward.upstreams = upstreams.filter((one, i) => upstreams.indexOf(one) === i);
    this.#leave(before);
  }

  #upstream({ endpoint, protocol, serverName }: ServerPlan, plan: ForwardPlan): Upstream {
    const { maxFails, health, expire, maxAge } = plan;
    const isTls = protocol === 'tls';
    const dns = plan.transport === 'tcp' ? 'tcp' : 'udp';
    const transport = isTls ? 'tls' : dns;
    const wanted = plan.tls?.serverName ?? serverName;
    const said = [maxFails, health.interval, health.recursionDesired, health.domain, expire, maxAge];
    const name = isTls ? [wanted, ...certificatesOf(plan)] : [];
    const key = JSON.stringify([transport, formatEndpoint(endpoint), ...said, ...name]);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const manner: Manner = {
      ...{ maxFails, health, expire, maxAge },
      tls: isTls ? { trust: this.#trust(plan), serverName: wanted } : undefined,
    };
    const upstream = new Upstream(endpoint, transport, this.#context, manner);
    this.#made.set(key, upstream);
    return upstream;
  }

  #trust(plan: ForwardPlan): TlsTrust {
    const [ca, cert, key] = certificatesOf(plan);
    const paths = JSON.stringify([ca, cert, key]);
    const trust = this.#trusts.get(paths) ?? new TlsTrust({ ca, cert, key });
    this.#trusts.set(paths, trust);
    return trust;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function rotated(upstreams: readonly Upstream[], turn: number): readonly Upstream[] {
  const first = upstreams.length > 1 ? turn % upstreams.length : 0;
  return first === 0 ? upstreams : [...upstreams.slice(first), ...upstreams.slice(0, first)];
}

function plainServer(endpoint: Endpoint): ServerPlan {
  return { endpoint, protocol: 'dns', serverName: undefined };
}

function certificatesOf({ tls }: ForwardPlan): readonly (string | undefined)[] {
  return [tls?.ca, tls?.cert, tls?.key];
}
