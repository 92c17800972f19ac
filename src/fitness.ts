// fitness — whether an instance can do its work at all; one that cannot for good ends while its twin is well, and says why.
//
// Its successor makes sockets of its own where these were the trouble. What passes by itself is waited for.

import type { Slot } from './config.ts';
import type { Log } from './log/log.ts';

export interface Unfit {
  /** A sentence. */
  readonly reason: string;
  /** Since when, by the clock of the resolver; 0: for good. */
  readonly since: number;
  /** No query of its own slot is answered: it is better to begin anew, even without a twin. */
  readonly isDeaf: boolean;
}

/** Milliseconds between looks while all is well, and from when something is found. */
const LOOK = 1000;
const CLOSER_LOOK = 250;
/** Milliseconds for which it is waited: what strikes both at once must not end both at once. */
const PATIENCE = { primary: 1500, secondary: 3000 } as const;
/** The same where no twin goes on. */
const ALONE = 6000;

export interface FitnessParts {
  readonly slot: Slot;
  readonly log: Pick<Log, 'error'>;
  readonly now: () => number;
  readonly unfit: () => Unfit | undefined;
  /** Whether there is a twin that goes on. */
  readonly hasTwin: () => boolean;
  readonly end: () => void;
}

/** Looks from now on; returns what ends the looking. */
export function watchFitness({ slot, log, now, unfit, hasTwin, end }: FitnessParts): () => void {
  let firstSeen: number | undefined;
  let over = false;
  let looking: NodeJS.Timeout | undefined;
  const lookEvery = (ms: number) => {
    clearInterval(looking);
    looking = setInterval(look, ms);
  };
  function look(): void {
    if (over) return;
    const found = unfit();
    if (found === undefined) {
      if (firstSeen !== undefined) lookEvery(LOOK);
      firstSeen = undefined;
      return;
    }
    if (firstSeen === undefined) lookEvery(CLOSER_LOOK);
    firstSeen ??= now();
    const twin = hasTwin();
    const patience = twin ? PATIENCE[slot] : found.isDeaf ? ALONE : Number.POSITIVE_INFINITY;
    if (now() - Math.max(found.since, firstSeen - LOOK) < patience) return;
    over = true;
    log.error(`${found.reason}: this instance ends${twin ? ', the twin carries on' : ''}`);
    end();
  }
  lookEvery(LOOK);
  return () => clearInterval(looking);
}
