// top-watcher — counts who asks for what while it looks on: names, clients, and the zones right above the names; each by queries,
// misses and SERVFAIL. A sample, in memory that is bounded whatever clients ask.

import { type Arena, CELL_ADDRESS, CELL_LENGTH, CELL_PAYLOAD, formatAddress } from 'node-reuseport';
import { HEADER_LENGTH } from '../message/message.ts';
import { foldByte, plainNameLength } from '../message/name.ts';
import { nameText } from '../zone/wire-name.ts';
import { HeavyHitters } from './heavy-hitters.ts';
import { Sampler } from './sampler.ts';
import type { QueryWatcher } from './tap.ts';

export const topSubjects = ['names', 'clients', 'zones'] as const;
export type TopSubject = (typeof topSubjects)[number];
export const topMeasures = ['queries', 'misses', 'servfail'] as const;
export type TopMeasure = (typeof topMeasures)[number];

export interface TopRow {
  /** A name with its trailing dot, or an address. */
  readonly what: string;
  readonly count: number;
  /** The count is too high by this at most. */
  readonly over: number;
}

export interface TopReport {
  readonly totals: Readonly<Record<TopMeasure, number>>;
  readonly rows: Readonly<Record<TopSubject, Readonly<Record<TopMeasure, readonly TopRow[]>>>>;
}

/** A value for each of them. */
export function ofEach<K extends string, V>(keys: readonly K[], make: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<K, V>;
}

/** Counters of each sketch: what is more than one in so many is found for certain. */
const COUNTERS = 256;

export class TopWatcher implements QueryWatcher {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #sketches: Readonly<Record<TopMeasure, Readonly<Record<TopSubject, HeavyHitters>>>>;
  readonly #samplers: Readonly<Record<TopMeasure, Sampler>>;

  /** @param now milliseconds of a clock that never steps  @param random from 0 up to 1 */
  constructor(arena: Arena, now: () => number, random: () => number) {
    this.#arena = arena;
    const { memory } = arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    const sketches = () => ofEach(topSubjects, () => new HeavyHitters(COUNTERS));
    this.#sketches = ofEach(topMeasures, sketches);
    this.#samplers = ofEach(topMeasures, () => new Sampler(now, random));
  }

  batch(count: number): void {
    const { memory, stride, payload } = this.#arena;
    for (let cell = 0; cell < count; cell++) {
      const weight = this.#samplers.queries.take();
      if (weight === 0) continue;
      const start = cell * stride;
      const length = Math.min(this.#words[(start >> 2) + CELL_LENGTH]!, payload);
      const name = nameOf(memory, start + CELL_PAYLOAD, length);
      if (name === undefined) continue;
      this.#count('queries', formatAddress(memory, start + CELL_ADDRESS).address, name, weight);
    }
  }

  asked(address: string, name: string): void {
    this.#sample('queries', address, name);
  }

  missed(address: string, name: string): void {
    this.#sample('misses', address, name);
  }

  failed(address: string, name: string): void {
    this.#sample('servfail', address, name);
  }

  /** @param most rows of each kind */
  report(most: number): TopReport {
    const totals = ofEach(topMeasures, (measure) => this.#sketches[measure].names.total);
    const rows = ofEach(topSubjects, (subject) =>
      ofEach(topMeasures, (measure) =>
        this.#sketches[measure][subject].most(most).map(({ key, count, over }) => ({
          what: subject === 'clients' ? key : nameText(key),
          count,
          over,
        })),
      ),
    );
    return { totals, rows };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #sample(measure: TopMeasure, address: string, name: string): void {
    const weight = this.#samplers[measure].take();
    if (weight > 0) this.#count(measure, address, name, weight);
  }

  #count(measure: TopMeasure, address: string, name: string, weight: number): void {
    const { names, clients, zones } = this.#sketches[measure];
    names.add(name, weight);
    clients.add(address, weight);
    zones.add(name.length > 1 ? name.slice(1 + name.charCodeAt(0)) : name, weight);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const folded = Buffer.alloc(256);

/** Folded wire bytes of a query's name; undefined where it has none. */
function nameOf(memory: Uint8Array, start: number, length: number): string | undefined {
  const at = start + HEADER_LENGTH;
  const nameLength = length <= HEADER_LENGTH ? -1 : plainNameLength(memory, at, start + length);
  if (nameLength < 0) return undefined;
  for (let i = 0; i < nameLength; i++) folded[i] = foldByte(memory[at + i]!);
  return folded.toString('latin1', 0, nameLength);
}
