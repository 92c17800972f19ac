// audience — what is answered at some listeners: their zones, of which the longest suffix of a name wins, on label borders,
// compared as folded wire bytes. Listeners with the same zones have one audience, and share what is cached; where a step looks at
// the family of clients, those of IPv4 have one, and those of IPv6 another.
//
// A suffix may have several zones, all but the last of them with views: the first that is there for a query takes it, and where
// none is, one of a shorter suffix.

import type { Endpoint } from '../config.ts';
import { type Counters, MOST_ZONES } from '../counters.ts';
import { each, type Pieces } from '../pieces.ts';
import type { BlockPlan, Plan, ZonePlan } from '../plan/plan.ts';
import type { Forwards } from '../upstream/forward.ts';
import type { WeightsLog } from './answer-order.ts';
import type { Question } from './question.ts';
import { Zone } from './zone.ts';

export class Audience {
  /** Part of the keys of what is cached for it. */
  readonly index: number;
  readonly zones: readonly Zone[];
  /** Whether what its clients hear depends on the question alone: no block of it looks at the client, or logs the query. */
  readonly isPlain: boolean;
  /** Whether which zone a name is in depends on more than the name. */
  readonly hasViews: boolean;
  /** Another plan holds by now. */
  isOver = false;
  /** Without those that have views. */
  readonly #bySuffix: ReadonlyMap<string, Zone>;
  readonly #views: ReadonlyMap<string, readonly Zone[]>;
  readonly #longest: number;

  constructor(index: number, zones: readonly Zone[]) {
    this.index = index;
    this.zones = zones;
    this.isPlain = zones.every(({ isPlain }) => isPlain);
    const viewed = zones.filter(({ view }) => view !== undefined);
    this.hasViews = viewed.length > 0;
    this.#views = new Map(
      viewed.map(({ suffix }) => [suffix, viewed.filter((zone) => zone.suffix === suffix)]),
    );
    this.#bySuffix = new Map(
      zones.filter(({ view }) => view === undefined).map((zone) => [zone.suffix, zone]),
    );
    this.#longest = Math.max(0, ...zones.map(({ suffix }) => suffix.length));
  }

  /**
   * Undefined where the name is in none.
   * @param key a query's key, which begins with its folded name of `nameLength` bytes
   * @param question without it no view is looked at
   */
  find(key: string, nameLength: number, question?: Question): Zone | undefined {
    let own: Zone | undefined;
    for (let at = 0; at < nameLength; at += key.charCodeAt(at) + 1) {
      if (nameLength - at > this.#longest) continue;
      const suffix = key.slice(at, nameLength);
      const seen = question && this.#views.get(suffix)?.find(({ view }) => view?.isFor(question));
      const zone = seen ?? this.#bySuffix.get(suffix);
      if (zone === undefined) continue;
      // What signs a zone is its parent's to say (RFC 4035 section 3.1.4.1), where that is served, too.
      if (at > 0 || !isDs(key, nameLength)) return zone;
      own = zone;
    }
    return own;
  }
}

const TYPE_DS = 43;

function isDs(key: string, nameLength: number): boolean {
  return key.charCodeAt(nameLength) === 0 && key.charCodeAt(nameLength + 1) === TYPE_DS;
}

/** All that is answered, as a plan says. */
export class Audiences {
  readonly all: readonly Audience[];
  /** Of all audiences, by their indices. */
  readonly zones: readonly (Zone | undefined)[];
  readonly #byListener: ReadonlyMap<string, Audience>;
  /** What all listeners of a port and a family have alike. */
  readonly #byPort: ReadonlyMap<string, Audience | undefined>;
  /** It has no zone. */
  readonly #nobody: Audience;

  readonly #fresh: readonly Zone[];

  /**
   * @param at endpoints of the audiences  @param nobody the audience of those that no listener tells the zones of
   * @param fresh zones that are answered otherwise than before
   */
  constructor(
    all: readonly Audience[],
    at: ReadonlyMap<Endpoint, Audience>,
    nobody: Audience,
    fresh: readonly Zone[],
  ) {
    this.all = all;
    this.#fresh = fresh;
    this.#byListener = new Map(
      [...at].map(([{ address, port }, audience]) => [placeOf(address, port), audience]),
    );
    this.#nobody = nobody;
    const byPort = new Map<string, Audience | undefined>();
    for (const [{ address, port }, audience] of at) {
      const place = portOf(address, port);
      byPort.set(place, !byPort.has(place) || byPort.get(place) === audience ? audience : undefined);
    }
    this.#byPort = byPort;
    const zones: (Zone | undefined)[] = [];
    for (const zone of all.flatMap((audience) => audience.zones)) zones[zone.index] = zone;
    this.zones = zones;
  }

  /** They hold from now on. @param now monotonic milliseconds */
  begin(now: number): this {
    for (const zone of this.#fresh) zone.since = now;
    return this;
  }

  /**
   * That of a listener. One that the plan does not know, as a socket of the twin may be, or one that is about to be given up, has
   * that of all others at its port, where they have the same; else nobody's, so that all is refused: what is said at one address is
   * not for the clients of another.
   */
  at(address: string, port: number): Audience {
    const known = this.#byListener.get(placeOf(address, port));
    if (known !== undefined) return known;
    return this.all.length === 1 ? this.all[0]! : (this.#byPort.get(portOf(address, port)) ?? this.#nobody);
  }
}

/** What audiences are made with, by one plan after the other. */
export interface AudienceParts {
  readonly forwards: Forwards;
  readonly counters: Counters;
  readonly log?: WeightsLog;
  /** Suffixes of zones that pods cannot do without. */
  readonly vital: readonly string[];
}

/**
 * They are to `begin`. Meanwhile those of the plan until now go on.
 * @param before those of the plan until now: zones that are the same go on, with what is cached of them
 * @throws RangeError where there are more zones than can be told apart
 */
export function* makeAudiences(
  { listeners }: Plan,
  { forwards, counters, vital, log }: AudienceParts,
  before?: Audiences,
): Pieces<Audiences> {
  const all: Audience[] = [];
  const made = {
    ipv4: new Map<readonly ZonePlan[], Audience>(),
    ipv6: new Map<readonly ZonePlan[], Audience>(),
  };
  const byListener = new Map<Endpoint, Audience>();
  /** Indices that are not to be had: those of zones of this plan, and, for another name, those of the plan before. */
  const taken = new Set([counters.dropped, counters.probes]);
  const former = new Set(before?.zones.flatMap((zone) => zone?.index ?? []));
  const fresh: Zone[] = [];
  const places = new Places(
    counters,
    (index) => taken.has(index),
    (index) => former.has(index),
  );
  /** Behind the indices of audiences, of which there is one a listener at most. */
  let parts = listeners.length;
  const nobody = new Audience(parts++, []);
  for (const { at, zones } of listeners) {
    const alike = at.address.includes(':') && zones.some(looksAtFamily) ? made.ipv6 : made.ipv4;
    const known = alike.get(zones);
    const audience = known ?? new Audience(all.length, yield* zonesOf(zones));
    if (known === undefined) all.push(audience);
    alike.set(zones, audience);
    byListener.set(at, audience);
  }
  return new Audiences(all, byListener, nobody, fresh);

  function* zonesOf(plans: readonly ZonePlan[]): Pieces<Zone[]> {
    const known = new Map<string, Zone>();
    for (const zone of before?.all[all.length]?.zones ?? []) {
      const key = keyOf(zone.name, zone.view);
      if (!known.has(key)) known.set(key, zone);
    }
    const zones: Zone[] = [];
    yield* each(plans, (plan) => void zones.push(zoneOf(plan, known)));
    return zones;
  }

  function zoneOf(plan: ZonePlan, known: ReadonlyMap<string, Zone>): Zone {
    const name = `${plan.suffix}.`;
    const same = known.get(keyOf(name, plan.block.view));
    const isSame = same?.block.identity === plan.block.identity;
    const kept = isSame ? { suffix: plan.suffix, block: same.block } : plan; // its steps have what they know
    const asked = kept.block.forwards.map((forward) => forwards.of(forward));
    const isKept = same !== undefined && hasSameAnswers(same.block, kept.block);
    for (const step of kept.block.steps) step.countIn?.(counters.events);
    if (log !== undefined) kept.block.order?.tellIn?.(log);
    const index = same !== undefined && !taken.has(same.index) ? same.index : places.of(name);
    taken.add(index);
    const zone = new Zone(index, kept, asked, vital.includes(plan.suffix), same?.since);
    if (!isKept) fresh.push(zone);
    if (zone.view !== undefined) zone.keyPart = parts++;
    if (parts > MOST_PARTS) throw new RangeError(`more than ${MOST_PARTS} views and lists of zones`);
    return zone;
  }
}

/** With those that are no more, as long as those that are leave room for them. */
const KEPT_ZONES = 256;
/** Keys have a byte for it. */
const MOST_PARTS = 256;

/**
 * Indices for zones that had none before: that of the same name which is no more, since it is counted there, or a new one. Of names
 * that were served once and are no more a few are counted on: by many plans they would come to more than there is room for.
 */
class Places {
  readonly #counters: Counters;
  readonly #isTaken: (index: number) => boolean;
  readonly #isFormer: (index: number) => boolean;
  readonly #byName = new Map<string, number[]>();
  /** All below are taken, or of the plan before. */
  #next = 0;

  constructor(counters: Counters, isTaken: (index: number) => boolean, isFormer: (index: number) => boolean) {
    this.#counters = counters;
    this.#isTaken = isTaken;
    this.#isFormer = isFormer;
    for (const [index, { zone }] of counters.zones.entries()) {
      const known = this.#byName.get(zone);
      if (known === undefined) this.#byName.set(zone, [index]);
      else known.push(index);
    }
  }

  /** @throws RangeError where there is none left */
  of(name: string): number {
    const { zones } = this.#counters;
    const own = this.#byName.get(name)?.find((index) => zones[index]!.zone === name && !this.#isTaken(index));
    if (own !== undefined) return own;
    while (this.#isTaken(this.#next) || this.#isFormer(this.#next)) this.#next++;
    if (zones.length >= KEPT_ZONES && this.#next < zones.length) {
      this.#counters.replace(this.#next, name);
      return this.#next;
    }
    if (zones.length >= MOST_ZONES) throw new RangeError(`more than ${MOST_ZONES} zones`);
    return this.#counters.add(name);
  }
}

/** Whether what was kept of a zone is what would be answered now. */
function hasSameAnswers(before: BlockPlan, now: BlockPlan): boolean {
  if (before.identity === now.identity) return true;
  if (before.steps.length + now.steps.length > 0) return false;
  return JSON.stringify(before.forwards) === JSON.stringify(now.forwards);
}

// ---------------------------------------------------------------------------------------------------------------------

function keyOf(name: string, view: Zone['view']): string {
  return `${view?.name ?? ''} ${name}`;
}

function looksAtFamily({ block }: ZonePlan): boolean {
  return block.steps.some((step) => step.looksAtFamily === true);
}

function placeOf(address: string, port: number): string {
  return `${port} ${address}`;
}

function portOf(address: string, port: number): string {
  return `${port} ${address.includes(':') ? 'ipv6' : 'ipv4'}`;
}
