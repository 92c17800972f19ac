// session — a thread that fuzzes, seen from outside: how it goes, and the input it hangs on or runs out of memory with.

import { Worker } from 'node:worker_threads';
import type { CountedBundle } from './counted-bundle.ts';
import { INPUT, LENGTH, type Progress, RUNS, type ThreadData, TURN, type Turn } from './thread.ts';

export interface SessionOptions {
  readonly turns: readonly Turn[];
  readonly seed: number;
  /** Longest input of all targets, bytes. */
  readonly most: number;
  /** Milliseconds of a processor without an input being done until that one is a finding. */
  readonly patience?: number;
  /** MiB of heap that the thread may have: an input that makes more of itself is a finding. */
  readonly heap?: number;
  readonly tell?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** Milliseconds between two looks whether an input is done. */
const LOOK = 250;

/** The last word on each target. After a hang the targets behind it get no turn. */
export async function session(bundle: CountedBundle, options: SessionOptions): Promise<readonly Progress[]> {
  const { turns, seed, most, patience = 10_000, heap = 512, tell = () => {}, signal } = options;
  const last = new Map<string, Progress>();
  const inHand = new SharedArrayBuffer(INPUT + most);
  const { url, counters, literals } = bundle;
  const data: ThreadData = { url, counters, literals, turns, seed, inHand };
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: heap },
  });
  worker.on('message', (progress: Progress) => {
    last.set(progress.target, progress);
    tell(progress);
  });
  let failed: string | undefined;
  worker.on('error', (error: Error) => {
    failed = error.message;
  });
  const words = new Int32Array(inHand, 0, 3);
  let runs = -1;
  let from = 0;
  const watch = setInterval(() => {
    const now = Atomics.load(words, RUNS);
    if (now !== runs || now === 0) {
      runs = now;
      from = processorTime();
    } else if (processorTime() - from > patience) {
      failed = `runs for more than ${patience / 1000} s`;
      worker.terminate();
    }
  }, LOOK);
  const stop = () => worker.terminate();
  signal?.addEventListener('abort', stop);
  await new Promise((resolve) => worker.on('exit', resolve));
  clearInterval(watch);
  signal?.removeEventListener('abort', stop);
  if (failed !== undefined) {
    const target = turns[words[TURN]!]!.target;
    const input = Uint8Array.from(new Uint8Array(inHand, INPUT, words[LENGTH]!));
    const before = last.get(target) ?? nothingOf(target);
    last.set(target, { ...before, findings: [...before.findings, { what: failed, input }] });
  }
  return [...last.values()];
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds, of all threads: the one that fuzzes takes nearly all of it. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function nothingOf(target: string): Progress {
  return { target, executions: 0, seconds: 0, branches: 0, features: 0, discovered: 0, findings: [] };
}
