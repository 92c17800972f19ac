// election — whose it is to see to the interface and the rules: the leader's while it can, else that of one who knows of them.
//
// Every process works it out for itself from what all have told. Two may think it theirs for a moment, which is harmless:
// both want the same.

import type { Slot } from '../../src/config.ts';
import type { ElectionMessage } from './election-message.ts';

/** Another process of the service, as far as an election needs to know it. */
export interface Member {
  readonly instance: string;
  readonly slot: Slot;
  /** It will end soon. */
  readonly leaving: boolean;
  /** Milliseconds without a sign of life. */
  readonly silentFor: number;
}

export interface Candidate {
  readonly instance: string;
  readonly slot: Slot;
  /** Started with --leader. */
  readonly leader: boolean;
  /** Has been told what there is to see to. */
  readonly informed: boolean;
  /** Sees to it now. */
  readonly acting: boolean;
  /** Will end soon. */
  readonly leaving: boolean;
  /** Shows no sign of life. */
  readonly silent: boolean;
}

/** The process whose duty it is; undefined when nobody knows of any. */
export function dutyOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.filter(({ leader, informed }) => leader || informed).sort(byRank)[0];
}

/** @param told what it said last; undefined: nothing */
export function candidateOf(
  { instance, slot, leaving, silentFor }: Member,
  told: ElectionMessage | undefined,
): Candidate {
  const { leader, informed, acting } = told ?? { leader: false, informed: false, acting: false };
  return { instance, slot, leader, informed, acting, leaving, silent: silentFor > SILENT };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds without a sign of life after which another one sees to it. */
const SILENT = 500;

/** What speaks for a candidate, the weightiest first. When all leave, it stays with whom it is: that one has to clear up. */
const merits: readonly ((candidate: Candidate) => boolean)[] = [
  ({ leaving }) => !leaving,
  ({ silent }) => !silent,
  ({ leaving, acting }) => leaving && acting,
  ({ leader }) => leader,
  ({ acting }) => acting,
  ({ slot }) => slot === 'primary',
];

function byRank(a: Candidate, b: Candidate): number {
  for (const has of merits) if (has(a) !== has(b)) return has(a) ? -1 : 1;
  return a.instance < b.instance ? -1 : 1;
}
