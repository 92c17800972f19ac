// zone — a suffix that is answered for, with what its block says of it.

import type { Entry } from '../cache/entry.ts';
import type { JudgedZone } from '../cache/verdict.ts';
import { QueryLog } from '../log/query-log.ts';
import { ADVERTISED_UDP } from '../message/message.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import type { CachePlan, StalePlan } from '../plan/cache-plan.ts';
import type { BlockPlan, ZonePlan } from '../plan/plan.ts';
import type { RouteStatus } from '../status.ts';
import type { Forward } from '../upstream/forward.ts';
import type { ForwardedZone } from '../upstream/server-incidents.ts';
import { type ReplyRules, replyRules } from './reply-rules.ts';
import type { View } from './view.ts';

/** RFC 8767 section 5: one to three days; 1.8 s, 30 s. */
export const STALE: StalePlan = { window: 24 * 3600 * 1000, after: 1800, ttl: 30 };

/** So many zones have lines of their own where queries wait for upstreams. */
export const ZONES_WITH_LINES = 64;

export class Zone {
  readonly index: number;
  /** As folded wire bytes, one a character. */
  readonly suffix: string;
  /** As metrics and status name it: with the trailing dot. */
  readonly name: string;
  readonly block: BlockPlan;
  readonly cache: CachePlan | undefined;
  readonly forwards: readonly Forward[];
  /** Its questions may use what those of other zones leave free of their servers. */
  readonly isVital: boolean;
  /** Bytes of a datagram that its servers are told to send at most. */
  readonly offeredSize: number;
  /** What is done with answers that have run out: also where the block says nothing of it. */
  readonly stale: StalePlan;
  /** Whether the transport by which clients come is that by which servers are asked. */
  readonly followsClients: boolean;
  /** Whether what clients hear depends on the question alone, and nothing is written of it: then it may lie ready. */
  readonly isPlain: boolean;
  /** Whether there is something to tell in class CH. */
  readonly answersChaos: boolean;
  /** For which queries it is there. */
  readonly view: View | undefined;
  /** Of the keys of what is cached for it; undefined: that of its audience. */
  keyPart: number | undefined = undefined;
  /** Undefined where none of its queries are told in the log. */
  readonly queryLog: QueryLog | undefined;
  /** Of its replies. */
  readonly rules: ReplyRules | undefined;
  /** What was kept before, monotonic milliseconds, came by another block. */
  since: number;
  /** Which lines its queries wait in; zones beyond the last share those. */
  readonly lines: number;
  readonly #kept: Kept;

  constructor(
    index: number,
    { suffix, block }: ZonePlan,
    forwards: readonly Forward[],
    isVital: boolean,
    since = Number.NEGATIVE_INFINITY,
  ) {
    this.index = index;
    this.lines = Math.min(index, ZONES_WITH_LINES - 1);
    this.since = since;
    this.isPlain = block.view === undefined && block.guards.length === 0 && block.log.queries.length === 0;
    this.suffix = wireSuffix(suffix);
    this.name = `${suffix}.`;
    this.block = block;
    this.followsClients = block.forwards.some(({ transport }) => transport === 'client');
    this.answersChaos = block.guards.some(({ name }) => name === 'chaos');
    this.view = block.view;
    this.rules = replyRules(block);
    const { queries } = block.log;
    this.queryLog = queries.length === 0 ? undefined : new QueryLog(queries);
    this.cache = block.cache;
    this.#kept = keptOf(block.cache);
    this.forwards = forwards;
    this.isVital = isVital;
    this.offeredSize = Math.min(block.udpSize ?? ADVERTISED_UDP, ADVERTISED_UDP);
    this.stale = block.cache?.stale ?? STALE;
  }

  /** Whether it says nothing of what to answer. */
  get isEmpty(): boolean {
    return this.forwards.length + this.block.steps.length === 0;
  }

  /**
   * The first that takes the name, of those behind `after`; undefined when none does.
   * @param key begins with the folded name of `nameLength` bytes
   */
  forwardOf(key: string, nameLength: number, after?: Forward): Forward | undefined {
    const [first] = this.forwards;
    if (after === undefined && first?.takesAll) return first;
    const name = key.slice(0, nameLength);
    const from = after === undefined ? 0 : this.forwards.lastIndexOf(after) + 1; // plans that say the same are one forward
    return this.forwards.find((forward, i) => i >= from && forward.takes(name));
  }

  /** What an answer is judged for: the TTLs of a name that the cache of the block is not for are left as they come. */
  judgedFor(key: string, nameLength: number): JudgedZone {
    const { zones } = this.#kept;
    if (zones.length === 0) return this;
    const name = key.slice(0, nameLength);
    return zones.some((suffix) => isBelow(name, suffix)) ? this : { index: this.index, cache: undefined };
  }

  /** Whether its block lets an answer be kept. */
  keeps({ kind, nameLength }: Entry, key: string): boolean {
    if (this.judgedFor(key, nameLength).cache === undefined) return false;
    const { disabled } = this.#kept;
    if (kind === 'failure' || disabled[kind].length === 0) return true;
    const name = key.slice(0, nameLength);
    return !disabled[kind].some((suffix) => isBelow(name, suffix));
  }

  /** When a server of it was last heard of again after it had failed. */
  get recovered(): number {
    return this.forwards.reduce(
      (latest, { recovered }) => Math.max(latest, recovered),
      Number.NEGATIVE_INFINITY,
    );
  }

  /** What is known of its servers; undefined where none are asked for its names. */
  get forwarded(): ForwardedZone | undefined {
    if (this.forwards.length === 0) return undefined;
    const upstreams = this.forwards.flatMap((forward) => forward.upstreams);
    return { name: this.name, records: [...new Set(upstreams.map(({ record }) => record))] };
  }

  /** @param now monotonic milliseconds */
  status(now: number): RouteStatus {
    const records = this.forwarded?.records ?? [];
    return {
      zone: this.name,
      isForwarded: this.forwards.length > 0,
      plugins: pluginsOf(this.block),
      upstreams: records.map((record) => record.status(now)),
    };
  }
}

function pluginsOf(block: BlockPlan): readonly string[] {
  const { guards, steps, cache, forwards, log, order, flags, nsid, view } = block;
  const others = {
    cache: cache !== undefined,
    forward: forwards.length > 0,
    log: log.queries.length > 0,
    errors: log.errors !== undefined,
    loadbalance: order !== undefined,
    header: flags !== undefined,
    nsid: nsid !== undefined,
    bufsize: block.udpSize !== undefined,
    loop: block.detectsLoops,
    view: view !== undefined,
  };
  const named = Object.entries(others).flatMap(([name, isThere]) => (isThere ? [name] : []));
  return [...new Set([...guards, ...steps].map(({ name }) => name).concat(named))].sort();
}

/** Suffixes in wire form: what is kept, and what of that is not. */
interface Kept {
  readonly zones: readonly string[];
  readonly disabled: { readonly success: readonly string[]; readonly denial: readonly string[] };
}

function keptOf(cache: CachePlan | undefined): Kept {
  const wire = (texts: readonly string[] = []) => texts.map(wireSuffix);
  const { success, denial } = cache?.disabled ?? {};
  return { zones: wire(cache?.zones), disabled: { success: wire(success), denial: wire(denial) } };
}
