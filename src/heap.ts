// heap — how V8 is told to stay small; the first line of main.ts says the same to whoever starts it as a program.
//
// What a resolver allocates dies within its batch or lives for minutes: a larger nursery, which V8 grows to 48 MiB under
// load, would hold nothing but garbage. One helper thread suffices where one core is served; the nursery, which takes half a
// millisecond, is collected without it: where processors are short the wait for it was many times as long.

import { setFlagsFromString } from 'node:v8';

export const heapFlags = ['--max-semi-space-size=1', '--v8-pool-size=1', '--no-parallel-scavenge'] as const;

/**
 * From now on garbage may be a third of what lives, not a multiple of it. For a cache that is full: each new entry makes
 * garbage of an old one. Costs some microseconds a forwarded query, so it is not said before.
 */
export function collectOften(): void {
  setFlagsFromString('--heap-growing-percent=30');
}
