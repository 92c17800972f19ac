// replayed — which queries in another process's arena have been answered here: each is, once. A process that lives goes on with
// what it has in hand, and may fall silent again with the same queries before they are answered.

/** A query that lies in a cell. */
export interface InCell {
  readonly place: number;
  /** Told apart by it from another that lies there later; undefined where its process does not count. */
  readonly stamp: number | undefined;
}

export class Replayed {
  /** By place. An arena has a bounded number of those. */
  readonly #stamps = new Map<number, number>();

  has({ place, stamp }: InCell): boolean {
    return stamp !== undefined && this.#stamps.get(place) === stamp;
  }

  add({ place, stamp }: InCell): void {
    if (stamp !== undefined) this.#stamps.set(place, stamp);
  }
}
