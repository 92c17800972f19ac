// address-table — the listen addresses an instance has to do with, its own and its twin's: an arena names one by its place here.
//
// Places are given once and never taken back: what lies in the arena keeps its meaning while addresses come and go.

/** More than descriptors fit beside a message for; what a twin names beyond is none of ours. */
export const MOST_ADDRESSES = 62;

export class AddressTable {
  readonly #all: string[];

  /** @param first those it begins with, in the order of their texts */
  constructor(first: readonly string[]) {
    this.#all = [...new Set(first)].sort();
  }

  /** Its place; it gets one if it has none. */
  indexOf(address: string): number {
    const found = this.#all.indexOf(address);
    return found >= 0 ? found : this.#all.push(address) - 1;
  }

  /** Gives each a place. @returns whether one had none; those beyond MOST_ADDRESSES get none here */
  add(addresses: readonly string[]): boolean {
    const before = this.#all.length;
    for (const address of addresses) if (this.#all.length < MOST_ADDRESSES) this.indexOf(address);
    return this.#all.length > before;
  }

  /** By their places. */
  get all(): readonly string[] {
    return this.#all;
  }
}
