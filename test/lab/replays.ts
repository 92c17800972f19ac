// replays — what a taker is to answer, answered at once however long that takes.

import { Replays } from '../../ha/takeover/replays.ts';
import type { Handover } from '../../src/handover/handover.ts';

export function replaysAtOnce(handover: Handover): Replays {
  const panicked = (error: unknown) => {
    throw error;
  };
  return new Replays(handover, panicked, () => 0); // a clock that stands still: a turn never ends
}
