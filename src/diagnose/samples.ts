// samples — what a diagnosis has seen: both instances at the beginning and at the end, and what was asked in between.

import type { Slot } from '../config.ts';
import type { Facts } from '../control/facts.ts';
import type { InstanceStatus } from '../status.ts';
import type { TopReport } from '../top/top-watcher.ts';
import type { ServerTrial } from './ask-servers.ts';
import type { ClockLook } from './clock.ts';
import type { Comparison } from './compare-twins.ts';
import type { OwnProbes } from './own-probes.ts';

/** An instance at one moment. */
export interface Moment {
  readonly slot: Slot;
  readonly status?: InstanceStatus;
  readonly facts?: Facts;
  /** Why it could not be asked. */
  readonly error?: string;
}

export interface Samples {
  readonly seconds: number;
  readonly before: readonly Moment[];
  readonly after: readonly Moment[];
  readonly servers: readonly ServerTrial[];
  readonly twins: Comparison;
  readonly probes: OwnProbes & { /** `169.254.20.10:53` */ readonly server: string };
  /** Null where no server tells a signature. */
  readonly clock: ClockLook | null;
  /** Of the instances that could be watched. */
  readonly top: readonly TopReport[];
}

/** A process that was there all the while. */
export interface Span {
  readonly slot: Slot;
  readonly before: { readonly status: InstanceStatus; readonly facts: Facts };
  readonly after: { readonly status: InstanceStatus; readonly facts: Facts };
  /** Milliseconds between the two. */
  readonly ms: number;
}

export function spansOf({ before, after }: Pick<Samples, 'before' | 'after'>): Span[] {
  return after.flatMap(({ slot, status, facts }) => {
    const first = before.find((moment) => moment.slot === slot);
    if (status === undefined || facts === undefined) return [];
    if (first?.status === undefined || first.facts === undefined) return [];
    if (first.status.pid !== status.pid) return []; // another process, which counts from zero
    const span = { before: { status: first.status, facts: first.facts }, after: { status, facts } };
    return [{ slot, ...span, ms: facts.at - first.facts.at }];
  });
}

/** What was answered in the time, by all that were there. */
export interface Answered {
  readonly queries: number;
  /** Milliseconds within which 99 of 100 were answered after they were read; null where that cannot be told. */
  readonly p99Ms: number | null;
}

export function answeredIn(spans: readonly Span[]): Answered {
  const counts: number[] = [];
  for (const { before, after } of spans) {
    for (const [i, count] of after.facts.durations.entries())
      counts[i] = (counts[i] ?? 0) + count - (before.facts.durations[i] ?? 0);
  }
  const queries = counts.reduce((sum, count) => sum + count, 0);
  let within = 0;
  const bucket = counts.findIndex((count) => {
    within += count;
    return within >= queries * 0.99;
  });
  const bound = spans[0]?.after.facts.bounds[bucket];
  return { queries, p99Ms: queries === 0 || bound === undefined ? null : bound * 1000 };
}

/** Datagrams that the kernel dropped in front of it. */
export function droppedIn({ before, after }: Span): number {
  const dropped = ({ listen }: InstanceStatus) =>
    listen.reduce((sum, { queueDrops }) => sum + (queueDrops ?? 0), 0);
  return dropped(after.status) - dropped(before.status);
}
