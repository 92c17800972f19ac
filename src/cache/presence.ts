// presence — which keys may be in the cache: of most keys that are not, one byte says so.
//
// Looking a new name up in a large Map walks a chain of keys all over the heap, a twentieth of what forwarding it costs.
// Bytes count keys by their hash; a key whose byte is 0 was never put in or has been taken out.

import { randomBytes } from 'node:crypto';

/** Counters for each key there may be: at least three of four keys that are not there are recognised. */
const ROOM = 4;
const MIN_BITS = 12;
const MAX_BITS = 22;
/** A counter that has come this far stays: it may have missed some. */
const FULL = 255;

export class Presence {
  readonly #counts: Uint8Array;
  readonly #mask: number;
  /** No client can choose names that all look as if they were here. */
  readonly #seed = randomBytes(4).readInt32LE();

  /** @param keys how many there may be at most, roughly */
  constructor(keys: number) {
    const bits = Math.min(MAX_BITS, Math.max(MIN_BITS, Math.ceil(Math.log2(keys * ROOM))));
    this.#counts = new Uint8Array(1 << bits);
    this.#mask = this.#counts.length - 1;
  }

  get bytes(): number {
    return this.#counts.length;
  }

  add(key: string): void {
    const at = this.#at(key);
    if (this.#counts[at]! < FULL) this.#counts[at]! += 1;
  }

  /** Once for each time it was added. */
  remove(key: string): void {
    const at = this.#at(key);
    if (this.#counts[at]! < FULL) this.#counts[at]! -= 1;
  }

  /** False: it is not there. */
  maybe(key: string): boolean {
    return this.#counts[this.#at(key)] !== 0;
  }

  /** FNV-1a from a secret beginning, its upper half folded in. */
  #at(key: string): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}
