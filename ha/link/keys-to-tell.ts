// keys-to-tell — which answers the twin has yet to be told: the new ones, bounded in bytes; and once the whole cache.

/** Keys in their order; each is told or given up before the next one. */
export interface KeysToTell {
  /** The next one; undefined when there is none now. */
  first(): string | undefined;
  /** Done with the first one. */
  pass(): void;
}

/** What a key takes beside its characters, bytes. */
const OVERHEAD = 32;
/** Keys passed after which their places are given back. */
const PASSED = 1000;

export class NewKeys implements KeysToTell {
  readonly #limit: number;
  #keys: string[] = [];
  #passed = 0;
  #bytes = 0;

  /** @param limit bytes they may take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** False when there is no room: the newest is given up, for those that wait have waited. */
  add(key: string): boolean {
    if (this.#bytes + key.length + OVERHEAD > this.#limit) return false;
    this.#bytes += key.length + OVERHEAD;
    this.#keys.push(key);
    return true;
  }

  first(): string | undefined {
    return this.#keys[this.#passed];
  }

  pass(): void {
    this.#bytes -= this.#keys[this.#passed]!.length + OVERHEAD;
    if (++this.#passed < PASSED && this.#passed < this.#keys.length) return;
    this.#keys = this.#keys.slice(this.#passed);
    this.#passed = 0;
  }
}

export class WholeCache implements KeysToTell {
  readonly #keys: Iterator<string>;
  #first: string | undefined;

  constructor(keys: Iterator<string>) {
    this.#keys = keys;
    this.pass();
  }

  first(): string | undefined {
    return this.#first;
  }

  pass(): void {
    const { value, done } = this.#keys.next();
    this.#first = done === true ? undefined : value;
  }
}
