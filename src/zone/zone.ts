// zone — a suffix that is answered for, with what its block says of it: the longest suffix of a name wins, on label borders,
// compared as folded wire bytes.

import type { Entry } from '../cache/entry.ts';
import { isBelow, wireSuffix } from '../message/name.ts';
import type { CachePlan } from '../plan/cache-plan.ts';
import type { BlockPlan, ZonePlan } from '../plan/plan.ts';
import type { RouteStatus } from '../status.ts';
import type { Forward, Forwards } from '../upstream/forward.ts';

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
  /** Milliseconds that clients wait for a fresh answer while a stale one lies ready. */
  readonly staleAfter: number;
  readonly #kept: Kept;

  constructor(index: number, { suffix, block }: ZonePlan, forwards: readonly Forward[], isVital: boolean) {
    this.index = index;
    this.suffix = wireSuffix(suffix);
    this.name = `${suffix}.`;
    this.block = block;
    this.cache = block.cache;
    this.#kept = keptOf(block.cache);
    this.forwards = forwards;
    this.isVital = isVital;
    this.staleAfter = block.cache?.stale?.after ?? Number.POSITIVE_INFINITY;
  }

  /** The first that takes the name; undefined when none does. @param key begins with the folded name of `nameLength` bytes */
  forwardOf(key: string, nameLength: number): Forward | undefined {
    const [first] = this.forwards;
    if (this.forwards.length === 1 && first!.takesAll) return first;
    const name = key.slice(0, nameLength);
    return this.forwards.find((forward) => forward.takes(name));
  }

  /** Whether its block lets an answer be kept. */
  keeps({ kind, nameLength }: Entry, key: string): boolean {
    if (this.cache === undefined) return false;
    const { zones, disabled } = this.#kept;
    if (zones.length + disabled.success.length + disabled.denial.length === 0) return true;
    const name = key.slice(0, nameLength);
    const isIn = (suffixes: readonly string[]) => suffixes.some((suffix) => isBelow(name, suffix));
    if (zones.length > 0 && !isIn(zones)) return false;
    return kind === 'failure' || !isIn(disabled[kind]);
  }

  /** When a server of it was last heard of again after it had failed. */
  get recovered(): number {
    return this.forwards.reduce(
      (latest, { recovered }) => Math.max(latest, recovered),
      Number.NEGATIVE_INFINITY,
    );
  }

  status(): RouteStatus {
    const upstreams = new Set(this.forwards.flatMap((forward) => forward.upstreams));
    return { zone: this.name, upstreams: [...upstreams].map((upstream) => upstream.status()) };
  }
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

/** The zones that are answered for at some listeners. */
export class Zones {
  readonly all: readonly Zone[];
  readonly #bySuffix: ReadonlyMap<string, Zone>;
  readonly #longest: number;

  constructor(zones: readonly Zone[]) {
    this.all = zones;
    this.#bySuffix = new Map(zones.map((zone) => [zone.suffix, zone]));
    this.#longest = Math.max(...zones.map(({ suffix }) => suffix.length));
  }

  /** Undefined where the name is in none. @param key a query's key, which begins with its folded name of `nameLength` bytes */
  find(key: string, nameLength: number): Zone | undefined {
    for (let at = 0; at < nameLength; at += key.charCodeAt(at) + 1) {
      if (nameLength - at > this.#longest) continue;
      const zone = this.#bySuffix.get(key.slice(at, nameLength));
      if (zone !== undefined) return zone;
    }
    return undefined;
  }
}

/** @param vital suffixes of zones that pods cannot do without */
export function makeZones(
  plans: readonly ZonePlan[],
  forwards: Forwards,
  vital: readonly string[],
): readonly Zone[] {
  return plans.map(
    (plan, index) =>
      new Zone(
        index,
        plan,
        plan.block.forwards.map((forward) => forwards.of(forward)),
        vital.includes(plan.suffix),
      ),
  );
}
