// thread — fuzzes targets one after the other, in a thread of its own: it can be ended from outside when an input never ends.

import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { type Finding, Fuzzer } from './fuzzer.ts';
import { wordsOf } from './mutation.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

export interface Turn {
  readonly target: string;
  readonly milliseconds: number;
  /** As many end the turn before its time. */
  readonly findings?: number;
  readonly inputs: readonly Uint8Array[];
}

export interface ThreadData {
  /** Of a module that exports `targets`. */
  readonly url: string;
  readonly counters: number;
  readonly literals: readonly (number | string)[];
  readonly turns: readonly Turn[];
  readonly seed: number;
  /** Runs so far, the turn, the length of the input in hand, and that input. */
  readonly inHand: SharedArrayBuffer;
}

export const RUNS = 0;
export const TURN = 1;
export const LENGTH = 2;
export const INPUT = 12;

export interface Progress {
  readonly target: string;
  readonly executions: number;
  readonly seconds: number;
  readonly branches: number;
  readonly features: number;
  readonly discovered: number;
  readonly findings: readonly Finding[];
  /** At the end of a turn: the inputs worth keeping. */
  readonly minimised?: readonly Uint8Array[];
}

/** Between two words on how it goes. */
const TOLD = 500;
/** Runs between two looks at the clock. */
const A_LOOK = 50;

/** Fuzzes for the time of each turn. @param tell is called now and then, and at the end of each turn */
export async function fuzzInTurns(data: ThreadData, tell: (progress: Progress) => void): Promise<void> {
  const counters = new Int32Array(data.counters);
  Object.assign(globalThis, { branchCounters: counters });
  const { targets } = (await import(data.url)) as { readonly targets: readonly Target[] };
  const words = wordsOf(data.literals);
  const random = new Random(data.seed);
  for (const [index, turn] of data.turns.entries()) {
    const target = targets.find(({ name }) => name === turn.target)!;
    const fuzzer = new Fuzzer(target, counters, random, words, remembering(data.inHand, index));
    const begun = performance.now();
    const progress = (): Progress => ({
      target: target.name,
      executions: fuzzer.executions,
      seconds: (performance.now() - begun) / 1000,
      branches: fuzzer.coverage.branches,
      features: fuzzer.coverage.features,
      discovered: fuzzer.discovered,
      findings: fuzzer.findings,
    });
    fuzzer.begin([...turn.inputs, ...target.seeds()]);
    const { milliseconds, findings = Number.POSITIVE_INFINITY } = turn;
    for (let told = begun, now = begun; now - begun < milliseconds; now = performance.now()) {
      if (fuzzer.findings.length >= findings) break;
      for (let i = 0; i < A_LOOK; i++) fuzzer.step();
      if (now - told < TOLD) continue;
      told = now;
      tell(progress());
    }
    const last = progress();
    tell({ ...last, minimised: fuzzer.minimised() });
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What it is given lies there while it is run, so that it is known even if that never ends. */
function remembering(inHand: SharedArrayBuffer, turn: number): (input: Buffer) => void {
  const words = new Int32Array(inHand, 0, 3);
  const bytes = new Uint8Array(inHand, INPUT);
  words[TURN] = turn;
  return (input) => {
    bytes.set(input);
    words[LENGTH] = input.length;
    Atomics.add(words, RUNS, 1);
  };
}

if (parentPort !== null) await fuzzInTurns(workerData, (progress) => parentPort!.postMessage(progress));
