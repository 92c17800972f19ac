// fuzzer — runs a target on inputs made of those that showed something new; tells of those it gets wrong, or is slow with.

import { performance } from 'node:perf_hooks';
import { Coverage } from './coverage.ts';
import { mutated } from './mutation.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

/** An input that is answered wrongly. */
export interface Finding {
  readonly what: string;
  readonly input: Uint8Array;
}

/** Milliseconds of a processor an input may take: queries wait meanwhile. */
export const SLOW = 20;
/** An input that took longer is tried again so often: other programs want the processor, and code is compiled at first. */
const AGAIN = 5;
/** Bytes of the inputs kept that take no branch of their own. */
const KEPT = 12_000;
/** Runs that may be spent on making an input shorter. */
const SHORTENING = 3000;
/** Findings of a kind are one; more kinds than this are no news. */
const KINDS = 20;

export class Fuzzer {
  readonly coverage: Coverage;
  readonly findings: Finding[] = [];
  executions = 0;
  /** Inputs that were made here and showed something new. */
  discovered = 0;
  readonly #target: Target;
  readonly #random: Random;
  readonly #words: readonly Buffer[];
  readonly #before: (input: Buffer) => void;
  readonly #corpus: Buffer[] = [];
  readonly #kinds = new Set<string>();

  /** @param before is called ahead of each run: what it is given may never end */
  constructor(
    target: Target,
    counters: Int32Array,
    random: Random,
    words: readonly Buffer[],
    before: (input: Buffer) => void = () => {},
  ) {
    this.#target = target;
    this.coverage = new Coverage(counters);
    this.#random = random;
    this.#words = words;
    this.#before = before;
  }

  /** Takes inputs as they are; the shortest first, so that no longer one stands for what it shows. */
  begin(inputs: readonly Uint8Array[]): void {
    const sorted = inputs.map((input) => Buffer.from(input)).sort((a, b) => a.length - b.length);
    for (const input of sorted) this.#try(input);
    if (this.#corpus.length === 0) this.#corpus.push(Buffer.alloc(0));
  }

  /** Makes an input and runs it. */
  step(): void {
    const others = { input: this.#random.of(this.#corpus), words: this.#words };
    const input = mutated(this.#chosen(), this.#random, others, this.#target.most);
    if (this.#try(input)) this.discovered++;
  }

  /** The inputs that take all branches that were ever taken, and of the others the shortest that show something else. */
  minimised(): Buffer[] {
    const sorted = [...this.#corpus].sort((a, b) => a.length - b.length);
    const branches = new Coverage(this.coverage.counters);
    const needed = sorted.filter((input) => {
      const before = branches.branches;
      this.#wrong(input);
      branches.gain();
      return branches.branches > before;
    });
    const coverage = new Coverage(this.coverage.counters);
    let bytes = needed.reduce((sum, { length }) => sum + length, 0);
    const kept = [...needed, ...sorted].filter((input, i) => {
      this.#wrong(input);
      const shows = coverage.gain() > 0;
      if (i < needed.length) return true;
      if (!shows || bytes + input.length > KEPT) return false;
      bytes += input.length;
      return true;
    });
    return kept;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Half of them among the newest: what was just found leads further. */
  #chosen(): Buffer {
    const corpus = this.#corpus;
    const newest = Math.min(corpus.length, 20);
    return corpus[
      this.#random.below(2) === 0
        ? this.#random.below(corpus.length)
        : corpus.length - 1 - this.#random.below(newest)
    ]!;
  }

  /** Whether it showed something new. */
  #try(input: Buffer): boolean {
    const what = this.#wrong(input);
    if (what !== undefined) {
      this.#tell(what, input);
      return false;
    }
    if (this.coverage.gain() === 0) return false;
    this.#corpus.push(input);
    return true;
  }

  #wrong(input: Buffer): string | undefined {
    this.coverage.clear();
    this.executions++;
    this.#before(input);
    const begun = performance.now();
    try {
      this.#target.run(Buffer.from(input));
    } catch (error) {
      return sentenceOf(error);
    }
    const took = performance.now() - begun;
    return took > this.#slow && this.#isSlow(input) ? `takes more than ${this.#slow} ms` : undefined;
  }

  get #slow(): number {
    return this.#target.slow ?? SLOW;
  }

  #isSlow(input: Buffer): boolean {
    for (let i = 0; i < AGAIN; i++) {
      this.coverage.clear(); // it is one run that counts
      const begun = process.cpuUsage();
      this.#target.run(Buffer.from(input));
      const { user, system } = process.cpuUsage(begun);
      if ((user + system) / 1000 <= this.#slow) return false;
    }
    return true;
  }

  #tell(what: string, input: Buffer): void {
    const kind = kindOf(what);
    if (this.#kinds.has(kind) || this.#kinds.size >= KINDS) return;
    this.#kinds.add(kind);
    const shorter = this.#shortened(input, kind);
    this.findings.push({ what: this.#wrong(shorter) ?? what, input: shorter });
  }

  /** As short as it can be made while the same is wrong with it. */
  #shortened(input: Buffer, kind: string): Buffer {
    let shortest = input;
    let left = SHORTENING;
    for (let size = shortest.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at + size <= shortest.length && left-- > 0; ) {
        const shorter = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)]);
        const what = this.#wrong(shorter);
        if (what !== undefined && kindOf(what) === kind) shortest = shorter;
        else at += size;
      }
    }
    return shortest;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** What went wrong, and in which function. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = /\n +at (?:new |Object\.)?([\w.#<>]+)(?: \[as \w+\])? \(/.exec(error.stack ?? '')?.[1] ?? '';
  return `${error.name} in ${place}: ${error.message}`;
}

/** Numbers in it differ from input to input. */
function kindOf(what: string): string {
  return what.split('\n')[0]!.replace(/-?\d+/g, '#').slice(0, 200);
}
