// self-incidents — what is told in the log of this instance itself: that it did not run, or not in time for what came; that its memory
// is nearly used up; that its cache is of little use. Each with what to do.

import { monotonicMs } from 'node-reuseport';
import { kernelDrops } from '../admin/kernel-drops.ts';
import { type CgroupFacts, ownCgroup } from '../control/cgroup.ts';
import { type Counters, type NotKeptReason, notKeptReasons, type ZoneCounters } from '../counters.ts';
import { type Incident, Incidents } from '../log/incidents.ts';
import type { Log } from '../log/log.ts';
import type { StallCause, Stalls } from '../loop/stalls.ts';
import { formatDuration } from '../options/duration.ts';
import type { Resolver } from '../resolver.ts';

/** What came to the cache so far. */
export interface CacheCounts {
  /** Looked up and not found. */
  readonly misses: number;
  /** Entries that had to make room: answers, and what says that there is none. */
  readonly evictions: { readonly success: number; readonly denial: number };
  /** Answers of servers that may not be kept. */
  readonly notKept: Readonly<Record<NotKeptReason, number>>;
}

export interface Looked {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Seconds since 1970. */
  readonly wallSeconds: () => number;
  readonly stalls: Pick<Stalls, 'recent'>;
  /** Datagrams that the kernel dropped so far. */
  readonly drops: () => number;
  readonly cgroup: () => CgroupFacts;
  readonly cache: () => CacheCounts;
}

/** An instance that is asked nothing wakes for it this often, milliseconds. */
const WATCH = 5000;
/** Milliseconds between two looks … */
const LOOK = 1000;
/** … and at what changes slowly. */
const SLOW_LOOK = 10_000;
/** Looks of that kind that are compared: what has come between the first and the last. */
const COMPARED = 6;

/** Milliseconds of a minute, together or at once, that are told of. */
const STALLED = 1200;
const STALLED_AT_ONCE = 1000;
/** Part of the memory limit. */
const NEARLY_ALL = 0.9;
/** A second: fewer evictions, or answers that are not kept, are no matter. */
const FEW = 5;
/** Of the misses. */
const MOST = 1 / 2;

const causes: Readonly<Record<StallCause, string>> = {
  throttled: 'this instance did not run, its CPU limit being used up: raise that',
  starved:
    'this instance did not run, other programs having the processors: give it a larger CPU request, or see what else runs here',
  stopped:
    'this instance did not run: it was stopped, or waited in the kernel. Look for a debugger, a snapshot, a slow disk',
  busy: 'this instance was busy with one thing for long, and answered nothing meanwhile: look at its memory, and at what it is asked',
};

interface Snapshot {
  readonly at: number;
  readonly cache: CacheCounts;
}

export class SelfIncidents {
  readonly #looked: Looked;
  readonly #incidents: Incidents;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #drops: number | undefined;
  readonly #snapshots: Snapshot[] = [];
  #slow = new Map<string, Incident>();

  constructor(looked: Looked) {
    this.#looked = looked;
    this.#incidents = new Incidents(looked.log, looked.now);
  }

  /** Called a few times a second. */
  look(): void {
    const now = this.#looked.now();
    if (now - this.#lookedAt < LOOK) return;
    this.#lookedAt = now;
    const last = this.#snapshots.at(-1);
    if (last === undefined || now - last.at >= SLOW_LOOK) this.#lookSlowly(now);
    const found = new Map(this.#slow);
    const stalled = this.#stalled(now);
    if (stalled !== undefined) found.set('stalls', stalled);
    const dropped = this.#dropped(now);
    if (dropped !== undefined) found.set('drops', dropped);
    this.#incidents.look(found);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stalled(now: number): Incident | undefined {
    const recent = this.#looked.stalls.recent(now);
    if (recent === undefined || (recent.ms < STALLED && recent.longest < STALLED_AT_ONCE)) return undefined;
    const { cause, ms, longest } = recent;
    return warning(cause, causes[cause], 'this instance runs without stalls again', {
      cause,
      stalled: formatDuration(ms),
      longest: formatDuration(longest),
      processors: cause === 'throttled' ? (this.#looked.cgroup().quota ?? undefined) : undefined,
    });
  }

  #dropped(now: number): Incident | undefined {
    const drops = this.#looked.drops();
    const before = this.#drops ?? drops;
    this.#drops = drops;
    if (drops <= before) return undefined;
    const recent = this.#looked.stalls.recent(now);
    return warning(
      'drops',
      'the kernel dropped datagrams, for they were not read in time: look at stalls, at queries a second and at net.core.rmem_max',
      'the kernel drops no datagrams any more',
      { dropped: drops - before, stalled: recent && formatDuration(recent.longest) },
    );
  }

  #lookSlowly(now: number): void {
    const cache = this.#looked.cache();
    this.#snapshots.push({ at: now, cache });
    if (this.#snapshots.length > COMPARED) this.#snapshots.shift();
    const { at, cache: before } = this.#snapshots[0]!;
    const seconds = (now - at) / 1000;
    this.#slow = new Map();
    const memory = memoryOf(this.#looked.cgroup());
    if (memory !== undefined) this.#slow.set('memory', memory);
    if (seconds === 0) return;
    const misses = cache.misses - before.misses;
    for (const part of ['success', 'denial'] as const) {
      const evicted = cache.evictions[part] - before.evictions[part];
      if (evicted >= FEW * seconds && evicted >= misses * MOST)
        this.#slow.set(part, fullCache(part, evicted / seconds));
    }
    const notKept = this.#notKept(cache.notKept, before.notKept, misses, seconds);
    if (notKept !== undefined) this.#slow.set('not kept', notKept);
  }

  #notKept(
    now: CacheCounts['notKept'],
    before: CacheCounts['notKept'],
    misses: number,
    seconds: number,
  ): Incident | undefined {
    const grown = (Object.keys(now) as NotKeptReason[]).map(
      (reason) => [reason, now[reason] - before[reason]] as const,
    );
    const all = grown.reduce((sum, [, count]) => sum + count, 0);
    if (all < FEW * seconds || all < misses * MOST) return undefined;
    const [[reason] = ['ttl_0' as const]] = grown.toSorted(([, a], [, b]) => b - a);
    const date = new Date(this.#looked.wallSeconds() * 1000).toISOString().slice(0, 16);
    const why: Readonly<Record<NotKeptReason, string>> = {
      ttl_0: 'their TTL is 0: look at what the servers send',
      signature_expired: `their signatures have expired by the clock of this node, which says ${date}Z: look at that`,
      broken_chain: 'they do not answer their question: look at what the servers send',
    };
    return warning(reason, `most answers may not be kept: ${why[reason]}`, 'answers are kept again', {
      reason,
      part: `${Math.round((100 * all) / Math.max(misses, all))} %`,
    });
  }
}

/** Looks as long as the instance serves; returns what ends that. */
export function watchSelf(
  log: Log,
  { counters, sockets }: Pick<Resolver, 'counters' | 'sockets'>,
  stalls: Stalls,
): () => void {
  const incidents = new SelfIncidents({
    ...{ log, stalls, now: monotonicMs, cgroup: ownCgroup },
    wallSeconds: () => Date.now() / 1000,
    drops: () => [...kernelDrops(sockets).values()].reduce((sum, drops) => sum + drops, 0),
    cache: () => cacheCounts(counters),
  });
  const looking = setInterval(() => incidents.look(), WATCH).unref();
  return () => clearInterval(looking);
}

// ---------------------------------------------------------------------------------------------------------------------

function cacheCounts({ namedZones }: Counters): CacheCounts {
  const sum = (pick: (zone: ZoneCounters) => number) => namedZones.reduce((all, zone) => all + pick(zone), 0);
  const reasons = notKeptReasons.map((reason, i) => [reason, sum(({ notKept }) => notKept[i]!)]);
  return {
    misses: sum(({ cacheMisses }) => cacheMisses[0]!),
    evictions: {
      success: sum(({ cacheEvictions }) => cacheEvictions[0]!),
      denial: sum(({ cacheEvictions }) => cacheEvictions[1]!),
    },
    notKept: Object.fromEntries(reasons) as CacheCounts['notKept'],
  };
}

function memoryOf({ memoryUsed: used, memoryLimit: limit }: CgroupFacts): Incident | undefined {
  if (limit === null || used === null || used < limit * NEARLY_ALL) return undefined;
  return warning(
    'memory',
    'the memory limit is nearly reached, and beyond it the kernel ends this instance: raise the limit, or lower --cache-bytes',
    'memory is within its limit again',
    { used: mebibytes(used), limit: mebibytes(limit) },
  );
}

function fullCache(part: 'success' | 'denial', rate: number): Incident {
  const message =
    part === 'success'
      ? 'the cache is full, and answers give way before they are asked for again: raise --cache-bytes'
      : 'the part of the cache for names that do not exist is full: see which client asks for so many, or raise --cache-bytes';
  return warning('full', message, 'the cache has room again', { part, evicted: `${Math.round(rate)}/s` });
}

function warning(
  kind: string,
  message: string,
  over: string,
  fields: Readonly<Record<string, unknown>>,
): Incident {
  return {
    level: 'warn',
    kind,
    lasts: 0, // what is found has lasted, or is over
    tell: () => ({ message, fields }),
    over: () => ({ message: over, fields: {} }),
  };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
