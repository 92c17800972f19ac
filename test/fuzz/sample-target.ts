// sample-target — target: code with planted faults, for tests of the fuzzer itself.

import type { Target } from './target.ts';

/** Wrong for an input that says so, one branch deeper each byte. */
function planted(input: Buffer): void {
  if (input[0] !== 0x74 || input[1] !== 0x77) return;
  if (input[2] !== 0x69 || input[3] !== 0x6e) return;
  if (input.length > 6 && input.readUInt16BE(4) === 51_966) throw new TypeError('planted');
}

function slow(input: Buffer): void {
  let sum = 0;
  if (input[0] === 1) for (let i = 0; i < 5e7; i++) sum += i % 7;
  if (sum < 0) throw new RangeError('a sum of positive numbers');
}

function endless(input: Buffer): void {
  while (input[0] === 1) input[1] = 0;
}

function unbounded(input: Buffer): void {
  if (input[0] === 1) for (const all: number[][] = []; ; ) all.push(new Array(1e6).fill(1));
}

export const targets: readonly Target[] = Object.entries({ planted, slow, endless, unbounded }).map(
  ([name, run]) => ({
    name,
    sentence: 'has a fault that is to be found',
    most: 64,
    seeds: () => [Buffer.from('a seed')],
    run,
  }),
);
