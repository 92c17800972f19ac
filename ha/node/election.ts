// election — which process keeps the interface and the rules: a leader while it can, otherwise a deputy.
//
// Every process works it out for itself from what all have told. Two may act for a moment, which is harmless: they want the
// same.

import type { Slot } from '../../src/config.ts';
import { ELECTION_SILENCE } from '../timing.ts';
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

/** A leader was started with --leader; a deputy knows the wanted state; a bystander neither, and it is never elected. */
export type Role = 'leader' | 'deputy' | 'bystander';

export interface Candidate extends Pick<Member, 'instance' | 'slot' | 'leaving'> {
  readonly role: Role;
  /** It keeps the interface and the rules now. */
  readonly acting: boolean;
  readonly silent: boolean;
}

/** The process that is to act; undefined when all are bystanders. */
export function elect(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.filter(({ role }) => role !== 'bystander').sort(byRank)[0];
}

/** @param told its last message, if there was one */
export function candidateOf(member: Member, told: ElectionMessage | undefined): Candidate {
  const { instance, slot, leaving, silentFor } = member;
  const role = told?.leader ? 'leader' : told?.informed ? 'deputy' : 'bystander';
  return {
    instance,
    slot,
    leaving,
    role,
    acting: told?.acting ?? false,
    silent: silentFor > ELECTION_SILENCE,
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** What speaks for a candidate, the weightiest first. When all leave, the acting one remains elected: it has to clean up. */
const merits: readonly ((candidate: Candidate) => boolean)[] = [
  ({ leaving }) => !leaving,
  ({ silent }) => !silent,
  ({ leaving, acting }) => leaving && acting,
  ({ role }) => role === 'leader',
  ({ acting }) => acting,
  ({ slot }) => slot === 'primary',
];

function byRank(a: Candidate, b: Candidate): number {
  for (const has of merits) if (has(a) !== has(b)) return has(a) ? -1 : 1;
  return a.instance < b.instance ? -1 : 1;
}
