// audience — what is answered at some listeners: their zones, of which the longest suffix of a name wins, on label borders,
// compared as folded wire bytes. Listeners with the same zones have one audience, and share what is cached; where a step looks at
// the family of clients, those of IPv4 have one, and those of IPv6 another.
//
// A suffix may have several zones, all but the last of them with views: the first that is there for a query takes it, and where
// none is, one of a shorter suffix.

import type { Endpoint } from '../config.ts';
import { type Counters, MOST_ZONES } from '../counters.ts';
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

  /** @param at endpoints of the audiences  @param nobody the audience of those that no listener tells the zones of */
  constructor(all: readonly Audience[], at: ReadonlyMap<Endpoint, Audience>, nobody: Audience) {
    this.all = all;
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
 * @param before those of the plan until now: zones that are the same go on, with what is cached of them
 * @param now monotonic milliseconds
 * @throws RangeError where there are more zones than can be told apart
 */
export function makeAudiences(
  { listeners }: Plan,
  { forwards, counters, vital, log }: AudienceParts,
  before?: Audiences,
  now = Number.NEGATIVE_INFINITY,
): Audiences {
  const all: Audience[] = [];
  const made = {
    ipv4: new Map<readonly ZonePlan[], Audience>(),
    ipv6: new Map<readonly ZonePlan[], Audience>(),
  };
  const byListener = new Map<Endpoint, Audience>();
  /** Indices that are not to be had: those of zones of this plan, and, for another name, those of the plan before. */
  const taken = new Set([counters.dropped, counters.probes]);
  const former = new Set(before?.zones.flatMap((zone) => zone?.index ?? []));
  /** Behind the indices of audiences, of which there is one a listener at most. */
  let parts = listeners.length;
  const nobody = new Audience(parts++, []);
  for (const { at, zones } of listeners) {
    const alike = at.address.includes(':') && zones.some(looksAtFamily) ? made.ipv6 : made.ipv4;
    const known = alike.get(zones);
    const audience = known ?? new Audience(all.length, zones.map(zoneOf));
    if (known === undefined) all.push(audience);
    alike.set(zones, audience);
    byListener.set(at, audience);
  }
  return new Audiences(all, byListener, nobody);

  function zoneOf(plan: ZonePlan): Zone {
    const name = `${plan.suffix}.`;
    const same = before?.all[all.length]?.zones.find(
      (zone) => zone.name === name && zone.view?.name === plan.block.view?.name,
    );
    const isSame = same?.block.identity === plan.block.identity;
    const kept = isSame ? { suffix: plan.suffix, block: same.block } : plan; // its steps have what they know
    const asked = kept.block.forwards.map((forward) => forwards.of(forward));
    const since = same === undefined || !hasSameAnswers(same.block, kept.block) ? now : same.since;
    for (const step of kept.block.steps) step.countIn?.(counters.events);
    if (log !== undefined) kept.block.order?.tellIn?.(log);
    const zone = new Zone(indexOf(name, same), kept, asked, vital.includes(plan.suffix), since);
    if (zone.view !== undefined) zone.keyPart = parts++;
    if (parts > MOST_PARTS) throw new RangeError(`more than ${MOST_PARTS} views and lists of zones`);
    return zone;
  }

  /**
   * That of the same zone before, or of one that is no more, since its name is counted there; or a new one. Of names that were
   * served once and are no more a few are counted on: by many plans they would come to more than there is room for.
   */
  function indexOf(name: string, same: Zone | undefined): number {
    const index = same !== undefined && !taken.has(same.index) ? same.index : (freeOf(name) ?? newOf(name));
    taken.add(index);
    return index;
  }

  function freeOf(name: string): number | undefined {
    const found = counters.zones.findIndex((one, i) => one.zone === name && !taken.has(i));
    return found < 0 ? undefined : found;
  }

  function newOf(name: string): number {
    const isGone = (_: unknown, i: number) => !taken.has(i) && !former.has(i);
    const gone = counters.zones.length < KEPT_ZONES ? -1 : counters.zones.findIndex(isGone);
    if (gone >= 0) counters.replace(gone, name);
    else if (counters.zones.length >= MOST_ZONES) throw new RangeError(`more than ${MOST_ZONES} zones`);
    else return counters.add(name);
    return gone;
  }
}

/** With those that are no more, as long as those that are leave room for them. */
const KEPT_ZONES = 256;
/** Keys have a byte for it. */
const MOST_PARTS = 256;

/** Whether what was kept of a zone is what would be answered now. */
function hasSameAnswers(before: BlockPlan, now: BlockPlan): boolean {
  if (before.identity === now.identity) return true;
  if (before.steps.length + now.steps.length > 0) return false;
  return JSON.stringify(before.forwards) === JSON.stringify(now.forwards);
}

// ---------------------------------------------------------------------------------------------------------------------

function looksAtFamily({ block }: ZonePlan): boolean {
  return block.steps.some((step) => step.looksAtFamily === true);
}

function placeOf(address: string, port: number): string {
  return `${port} ${address}`;
}

function portOf(address: string, port: number): string {
  return `${port} ${address.includes(':') ? 'ipv6' : 'ipv4'}`;
}
