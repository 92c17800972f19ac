// heap — how V8 is told to stay small; the first line of main.ts gives its flags to whoever starts it as a program.
//
// What a resolver allocates dies within its batch or lives for minutes: a larger nursery, which V8 grows to 48 MiB under
// load, would hold nothing but garbage. One helper thread suffices where one core is served; the nursery, which takes half a
// millisecond, is collected without it: where processors are short the wait for it was many times as long.

import { setFlagsFromString } from 'node:v8';

export const heapFlags = ['--v8-pool-size=1', '--no-parallel-scavenge'] as const;

/**
 * The nursery stays at the 1 MiB it begins with. Said at run time: with `--max-semi-space-size` on the command line V8 calls
 * what it has of Node.js's own modules in compiled form out of date, and compiles all of them at every start.
 */
export function keepNurserySmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * From now on garbage may be a third of what lives, not a multiple of it. For a cache that is full: each new entry makes
 * garbage of an old one. Costs some microseconds a forwarded query, so it is not said before.
 */
export function collectOften(): void {
  setFlagsFromString('--heap-growing-percent=30');
}
