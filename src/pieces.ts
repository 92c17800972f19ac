// pieces — work that may be long, and says where it may be interrupted: done at once, or in turns of the event loop.

import { setImmediate as turn } from 'node:timers/promises';

/** It yields where others may have their turn, each few hundred microseconds or more often. */
export type Pieces<T> = Generator<void, T>;

/**
 * Milliseconds of the processor after which others have their turn: queries wait for no more than this, and what the last piece takes.
 * What most files take is less, and done at once; time in which others have the processor does not count.
 */
const LONGEST = 10;
/** Pieces between two looks at that. */
const LOOK = 16;

export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** @param spent milliseconds that this process has had the processor */
export async function inTurns<T>(work: Pieces<T>, spent: () => number = processorTime): Promise<T> {
  let began = spent();
  for (let pieces = 1; ; pieces++) {
    const { done, value } = work.next();
    if (done) return value;
    if (pieces % LOOK !== 0 || spent() - began < LONGEST) continue;
    await turn();
    began = spent();
  }
}

/** Each in its turn. */
export function* each<T>(of: Iterable<T>, task: (one: T) => void): Pieces<void> {
  for (const one of of) {
    task(one);
    yield;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
