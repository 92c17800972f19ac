// column — numbers, one for each of millions of queries, in memory that the garbage collector neither scans nor copies: a
// load that collects garbage measures itself.

const BITS = 16;
const CHUNK = 1 << BITS;

export class Column {
  readonly #chunks: Float64Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Returns the place of the number. */
  push(value: number): number {
    if (this.#length === this.#chunks.length * CHUNK) this.#chunks.push(new Float64Array(CHUNK));
    this.set(this.#length, value);
    return this.#length++;
  }

  /** @param at a place that was pushed */
  at(at: number): number {
    return this.#chunks[at >> BITS]![at & (CHUNK - 1)]!;
  }

  set(at: number, value: number): void {
    this.#chunks[at >> BITS]![at & (CHUNK - 1)] = value;
  }

  forEach(visit: (value: number, at: number) => void): void {
    for (let at = 0; at < this.#length; at++) visit(this.at(at), at);
  }

  /** How many numbers are so. */
  count(is: (value: number, at: number) => boolean): number {
    let count = 0;
    this.forEach((value, at) => {
      if (is(value, at)) count++;
    });
    return count;
  }
}
