// outcome — what a run of the chaos suite comes to: one outcome for each scenario and subject, with its course in time.

import type { Account } from './ledger.ts';

/** What is put through the disasters: ours, and two negative controls that show what the disasters do to others. */
export const subjects = ['twindns', 'no-custody', 'unbound'] as const;

export interface Disaster {
  /** Milliseconds since the load began. */
  readonly at: number;
  /** For people, such as `SIGKILL primary`. */
  readonly what: string;
}

/** The queries sent in one stretch of time; delays in milliseconds. */
export interface Bucket {
  readonly at: number;
  readonly sent: number;
  /** Of those sent in it. */
  readonly answered: number;
  readonly lost: number;
  readonly p50: number;
  readonly worst: number;
}

export interface Outcome {
  readonly scenario: string;
  readonly purpose: string;
  readonly subject: (typeof subjects)[number];
  readonly expects: 'no loss' | 'loss' | 'shown';
  readonly held: boolean;
  readonly faults: readonly string[];
  readonly ms: number;
  readonly disasters: readonly Disaster[];
  readonly udp: Account;
  readonly tcp: Account;
  readonly kernelDrops: number;
  readonly listenDrops: number;
  readonly bucketMs: number;
  readonly timeline: readonly Bucket[];
  readonly notes: readonly string[];
}

export interface ChaosRun {
  readonly twindns: string;
  readonly kernel: string;
  readonly node: string;
  readonly startedAt: string;
  readonly seed: number;
  readonly rate: number;
  readonly connections: number;
  readonly outcomes: readonly Outcome[];
}
