// pieces — work that may be long, and says where it may be interrupted: done at once, or in turns of the event loop.

import { setImmediate as turn } from 'node:timers/promises';

/** It yields where others may have their turn, each few hundred microseconds or more often. */
export type Pieces<T> = Generator<void, T>;

/** Milliseconds after which others have their turn: queries wait for no more than this, and what the last piece takes. */
const LONGEST = 2;

export function atOnce<T>(work: Pieces<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

export async function inTurns<T>(work: Pieces<T>): Promise<T> {
  for (let began = performance.now(); ; ) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - began < LONGEST) continue;
    await turn();
    began = performance.now();
  }
}

/** Each in its turn. */
export function* each<T>(of: Iterable<T>, task: (one: T) => void): Pieces<void> {
  for (const one of of) {
    task(one);
    yield;
  }
}
