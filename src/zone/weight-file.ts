// weight-file — weights of addresses (`loadbalance weighted FILE`), read again when its time has come and an answer needs them.
//
//   www.example.com      a name
//   192.0.2.1 3          an address of it, and its weight: 1 to 255
//   # a comment

import { messageOf } from '../errors.ts';
import type { Weights, WeightsLog } from './answer-order.ts';
import { addressBytes } from './ip-address.ts';
import type { WireName } from './question.ts';
import { foldName, parseName } from './wire-name.ts';

export type WeightTable = ReadonlyMap<WireName, ReadonlyMap<string, number>>;

/** @returns the weights, or what is wrong in which line */
export function parseWeights(
  text: string,
): WeightTable | { readonly line: number; readonly problem: string } {
  const table = new Map<WireName, Map<string, number>>();
  let weights: Map<string, number> | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    const [first = '', weight = ''] = words;
    const wrong = (problem: string) => ({ line: index + 1, problem });
    if (first === '' || first.startsWith('#')) continue;
    const address = addressBytes(first);
    if (words.length === 1) {
      if (address !== undefined) return wrong(`"${first}" is an address without a weight`);
      const name = parseName(first);
      if (name === undefined) return wrong(`"${first}" is no domain name`);
      weights = table.get(foldName(name)) ?? new Map();
      table.set(foldName(name), weights);
    } else {
      if (words.length > 2) return wrong('a line is a name, or an address and its weight');
      if (address === undefined) return wrong(`"${first}" is no IP address`);
      if (!/^\d{1,3}$/.test(weight) || Number(weight) < 1 || Number(weight) > 255)
        return wrong(`the weight "${weight}" is no number from 1 to 255`);
      if (weights === undefined) return wrong('before the first address there has to be a name');
      weights.set(Buffer.from(address).toString('latin1'), Number(weight));
    }
  }
  return table;
}

export interface WeightFileOptions {
  /** For people. */
  readonly path: string;
  readonly read: () => Promise<string>;
  /** Milliseconds between looks; 0: it is never read again. */
  readonly interval: number;
  /** Milliseconds of a clock that never steps. */
  readonly now: () => number;
}

export class WeightFile implements Weights {
  /** Why the last look came to nothing: the weights of the one before hold. */
  #problem: string | undefined = undefined;
  #log: WeightsLog | undefined;
  #table: WeightTable;
  #next: number;
  readonly #options: WeightFileOptions;

  /** @param table what was read of it at first; empty when it was not there */
  constructor(table: WeightTable, options: WeightFileOptions) {
    this.#table = table;
    this.#options = options;
    this.#next = options.now() + options.interval;
  }

  tellIn(log: WeightsLog): void {
    this.#log = log;
  }

  of(name: WireName): ((address: string) => number) | undefined {
    const { interval, now } = this.#options;
    if (interval > 0 && now() >= this.#next) {
      this.#next = Number.POSITIVE_INFINITY; // one look at a time: a file system may hang
      void this.look().then(() => {
        this.#next = now() + interval;
      });
    }
    const weights = this.#table.get(name);
    return weights && ((address) => weights.get(address) ?? 1);
  }

  /** Reads it; nothing waits for that but what awaits it. */
  async look(): Promise<void> {
    try {
      const parsed = parseWeights(await this.#options.read());
      this.#see('problem' in parsed ? `line ${parsed.line}: ${parsed.problem}` : undefined);
      if (!('problem' in parsed)) this.#table = parsed;
    } catch (error) {
      this.#see(messageOf(error));
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** It is told once, and when it is over. */
  #see(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { path } = this.#options;
    if (problem === undefined) this.#log?.info('a file of weights is right again', { file: path });
    else
      this.#log?.warn('a file of weights is wrong: the weights hold that it had before', {
        file: path,
        reason: problem,
      });
  }
}
