// outcome — what a scenario showed about a subject, in plain JSON: the table, the report and the tests read it.

import type { Account } from '../load/ledger.ts';

/**
 * What is put through a disaster: our pair; the same pair, but no instance takes over the sockets of a dead one; two
 * Unbounds on one port. The last two are negative controls: a load that does not see their losses would see none of ours.
 */
export const subjects = ['twindns', 'no-custody', 'unbound'] as const;
export type Subject = (typeof subjects)[number];

export interface Disaster {
  /** Milliseconds since the load began. */
  readonly at: number;
  /** `SIGKILL primary` */
  readonly what: string;
}

/** The queries that were sent within one stretch of time. */
export interface Bucket {
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly sent: number;
  /** Of those sent in it. */
  readonly answered: number;
  readonly lost: number;
  /** Milliseconds; 0 when none was answered. */
  readonly p50: number;
  readonly worst: number;
}

/** What a scenario measured beside the account of its load. */
export interface Figure {
  /** `p99 of cached names of others` */
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | '%' | 'MiB' | '';
  /** More than this is a fault of our pair. */
  readonly most: number;
}

export interface Outcome {
  readonly scenario: string;
  readonly purpose: string;
  readonly subject: Subject;
  /** What the subject has to show; `shown` means that nothing is claimed. */
  readonly expects: 'no loss' | 'loss' | 'loss over TCP' | 'shown';
  readonly held: boolean;
  /** Sentences: what did not hold. */
  readonly faults: readonly string[];
  readonly ms: number;
  readonly disasters: readonly Disaster[];
  readonly udp: Account;
  readonly tcp: Account;
  /** Datagrams the kernel dropped for want of room. */
  readonly kernelDrops: number;
  readonly listenDrops: number;
  readonly bucketMs: number;
  /** Both transports together. */
  readonly timeline: readonly Bucket[];
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

export interface ChaosRun {
  readonly twindns: string;
  readonly kernel: string;
  readonly node: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seed: number;
  /** UDP queries a second. */
  readonly rate: number;
  /** TCP connections. */
  readonly connections: number;
  readonly outcomes: readonly Outcome[];
}
