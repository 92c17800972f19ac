// chance — numbers that follow from a seed alone, so that a schedule can be run again to the byte.

/** Words drawn before the first is given out: seeds that differ in one bit begin alike. */
const WARM_UP = 12;

/** Small fast counter of 32 bits (sfc32). Streams of one seed are independent of each other. */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream = 0) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 2 ** 32) >>> 0;
    this.#c = stream >>> 0;
    for (let i = 0; i < WARM_UP; i++) this.word();
  }

  /** From 0 to 2^32 - 1. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 to below 1. */
  unit(): number {
    return this.word() / 2 ** 32;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  oneIn(many: number): boolean {
    return this.below(many) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  between(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }

  /** As likely between 1 and 10 as between 10 and 100. @param least above 0 */
  spread(least: number, most: number): number {
    return least * (most / least) ** this.unit();
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.word() >>> 24;
  }
}
