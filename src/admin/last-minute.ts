// last-minute — what an instance has counted in the last minute: a person who looks wants to know how it is, not how it was.
//
// Every five seconds the counters are noted; the oldest note is a minute old.

import { type Counters, notKeptReasons } from '../counters.ts';
import { type StallCause, stallCauses } from '../loop/stalls.ts';
import { SERVFAIL } from '../message/message.ts';
import type { InstanceMinute, ZoneMinute } from '../status.ts';

/** Milliseconds between two notes, and how many there are. */
const APART = 5000;
const NOTES = 13;
const HOUR = 3_600_000;
/** Of deaths; more are not told apart from so many. */
const MOST_DEATHS = 1000;

/** What is noted beside the counters; since the start. */
export interface Noted {
  /** Takeovers because the twin died. */
  readonly deaths: number;
  /** It has met no twin, or that is gone. */
  readonly isAlone: boolean;
  /** Datagrams that the kernel dropped; null where it does not tell. */
  readonly drops: number | null;
  /** By cause. */
  readonly stallSeconds: Readonly<Record<StallCause, number>>;
}

interface ZoneNote {
  readonly answers: number;
  readonly servfail: number;
  readonly stale: number;
  /** By `notKeptReasons`. */
  readonly notKept: readonly number[];
}

interface Note extends Noted {
  readonly at: number;
  readonly queries: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly zones: ReadonlyMap<string, ZoneNote>;
}

export class LastMinute {
  readonly #counters: Counters;
  readonly #noted: () => Noted;
  #notes: readonly Note[];
  /** When deaths of the twin were seen, newest last. */
  #deaths: readonly number[] = [];
  /** When it was first seen without a twin, since it had one. */
  #aloneSince: number | undefined;

  /** @param now milliseconds of a clock that never steps */
  constructor(counters: Counters, noted: () => Noted, now: number) {
    this.#counters = counters;
    this.#noted = noted;
    const note = this.#note(now);
    this.#notes = [note];
    if (note.isAlone) this.#aloneSince = now;
  }

  /** To be called every now and then. */
  tick(now: number): void {
    const last = this.#notes.at(-1)!;
    if (now - last.at < APART) return;
    const note = this.#note(now);
    const died = Math.min(Math.max(0, note.deaths - last.deaths), MOST_DEATHS);
    const deaths = [...this.#deaths, ...new Array<number>(died).fill(now)];
    this.#deaths = deaths.filter((at) => now - at < HOUR).slice(-MOST_DEATHS);
    this.#notes = [...this.#notes, note].slice(-NOTES);
    this.#aloneSince = note.isAlone ? (this.#aloneSince ?? now) : undefined;
  }

  status(now: number): InstanceMinute {
    const [first] = this.#notes;
    const last = this.#note(now);
    const since = (pick: (note: Note) => number) => Math.max(0, pick(last) - pick(first!));
    const zones = [...last.zones].flatMap(([zone, counts]) =>
      zoneMinute(zone, counts, first!.zones.get(zone)),
    );
    const total = (pick: (zone: ZoneMinute) => number) => zones.reduce((sum, zone) => sum + pick(zone), 0);
    const unnoted = Math.max(0, last.deaths - this.#notes.at(-1)!.deaths);
    return {
      seconds: Math.round((now - first!.at) / 100) / 10,
      queries: since(({ queries }) => queries),
      hits: since(({ hits }) => hits),
      misses: since(({ misses }) => misses),
      servfail: total(({ servfail }) => servfail),
      stale: total(({ stale }) => stale),
      evictions: since(({ evictions }) => evictions),
      stallSeconds: risen(stallCauses, (cause) => rounded(since(({ stallSeconds }) => stallSeconds[cause]))),
      drops: last.drops === null ? null : since(({ drops }) => drops ?? 0),
      aloneSeconds: last.isAlone ? Math.round((now - (this.#aloneSince ?? now)) / 1000) : null,
      twinDeathsInHour: this.#deaths.filter((at) => now - at < HOUR).length + unnoted,
      zones,
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #note(at: number): Note {
    const sum = (numbers: Float64Array) => numbers.reduce((a, b) => a + b, 0);
    const zones = new Map<string, ZoneNote>();
    let [queries, hits, misses, evictions] = [0, 0, 0, 0];
    for (const zone of this.#counters.clientZones) {
      queries += sum(zone.requests);
      hits += sum(zone.cacheHits);
      misses += zone.cacheMisses[0]!;
      evictions += sum(zone.cacheEvictions);
      const answers = sum(zone.responses);
      if (answers === 0) continue;
      const counts = { answers, servfail: zone.responses[SERVFAIL]!, stale: zone.servedStale[0]! };
      zones.set(zone.zone, { ...counts, notKept: [...zone.notKept] });
    }
    return { at, queries, hits, misses, evictions, zones, ...this.#noted() };
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** None where nothing was answered. */
function zoneMinute(zone: string, now: ZoneNote, before: ZoneNote | undefined): ZoneMinute[] {
  const { answers, servfail, stale, notKept } = before ?? { answers: 0, servfail: 0, stale: 0, notKept: [] };
  if (now.answers <= answers) return [];
  const counts = {
    answers: now.answers - answers,
    servfail: now.servfail - servfail,
    stale: now.stale - stale,
  };
  const unkept = risen(notKeptReasons, (_, i) => now.notKept[i]! - (notKept[i] ?? 0));
  return [{ zone, ...counts, notKept: unkept }];
}

/** Those that have grown. */
function risen<K extends string>(
  keys: readonly K[],
  count: (key: K, i: number) => number,
): Partial<Record<K, number>> {
  const counted = keys.map((key, i) => [key, count(key, i)] as const).filter(([, value]) => value > 0);
  return Object.fromEntries(counted) as Partial<Record<K, number>>;
}

/** Seconds, to a thousandth. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
