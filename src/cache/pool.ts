// pool — entries bounded in bytes, in two segments: names asked once, and names asked again, which a flood of the former cannot
// push out. Each gives way to others in the order of use.
//
//   store ──► once ──used──► again        room is made: from `once`, while it has any
//              ▲               │
//              └── least used ─┘ when `again` is beyond its share

import { LRUCache } from 'lru-cache';
import { type Entry, entrySize } from './entry.ts';

/** What names asked again may take of the bytes; names asked once may take whatever is free. */
const AGAIN_SHARE = 0.6;
/** An entry that is larger than this part of it stays where it is: it would push out all others. */
const LARGE = 1 / 8;

/** Told of each entry that is gone, or replaced under its key. */
export type GoneListener = (key: string, entry: Entry, evicted: boolean) => void;

export class Pool {
  readonly #once: LRUCache<string, Entry>;
  readonly #again: LRUCache<string, Entry>;
  readonly #againBytes: number;
  readonly maxBytes: number;
  #moving = false;

  constructor(maxBytes: number, onGone: GoneListener) {
    this.maxBytes = Math.max(1, Math.floor(maxBytes));
    this.#againBytes = this.maxBytes * AGAIN_SHARE;
    const segment = () =>
      new LRUCache<string, Entry>({
        maxSize: 2 * this.maxBytes, // room is made for both together
        sizeCalculation: (entry, key) => entrySize(key, entry),
        dispose: (entry, key, reason) => {
          if (!this.#moving) onGone(key, entry, reason === 'evict');
        },
      });
    this.#once = segment();
    this.#again = segment();
  }

  get bytes(): number {
    return this.#once.calculatedSize + this.#again.calculatedSize;
  }

  get size(): number {
    return this.#once.size + this.#again.size;
  }

  /** The entry, which counts as used. */
  use(key: string): Entry | undefined {
    const used = this.#again.get(key);
    if (used !== undefined) return used;
    const entry = this.#once.get(key);
    if (entry !== undefined && entrySize(key, entry) <= this.#againBytes * LARGE) this.#keep(key, entry);
    return entry;
  }

  /** The entry, as if nothing had looked. */
  peek(key: string): Entry | undefined {
    return this.#again.peek(key) ?? this.#once.peek(key);
  }

  delete(key: string): void {
    if (!this.#again.delete(key)) this.#once.delete(key);
  }

  /** Keeps an entry that is no larger than the pool; the key leads to none so far. */
  add(key: string, entry: Entry): void {
    this.#once.set(key, entry);
    this.#makeRoom();
  }

  /** As `add`, but the key may lead to one, in place of which it is kept. */
  set(key: string, entry: Entry): void {
    (this.#again.has(key) ? this.#again : this.#once).set(key, entry);
    this.#makeRoom();
  }

  /** Up to `count` keys, those used last first. A copy: the order changes while its reader rests. */
  newest(count: number): readonly string[] {
    const keys: string[] = [];
    for (const segment of [this.#again, this.#once]) {
      if (keys.length === count) break;
      for (const key of segment.keys()) if (keys.push(key) === count) break;
    }
    return keys;
  }

  /**
   * All keys as they lie, with gaps. Copies, since entries change segments while their reader rests; of the slots, which only
   * lru-cache's internals show, since going by the order of use would take a thousand times as long.
   */
  slots(): readonly (readonly (string | undefined)[])[] {
    return [this.#again, this.#once].map((segment) => {
      const { keyList } = LRUCache.unsafeExposeInternals(segment);
      return (keyList as (string | undefined)[]).slice();
    });
  }

  // -------------------------------------------------------------------------------------------------------------------

  #keep(key: string, entry: Entry): void {
    this.#move(key, entry, this.#once, this.#again);
    while (this.#again.calculatedSize > this.#againBytes) {
      const oldest = this.#again.rkeys().next().value!;
      this.#move(oldest, this.#again.peek(oldest)!, this.#again, this.#once);
    }
    this.#makeRoom();
  }

  #move(key: string, entry: Entry, from: LRUCache<string, Entry>, to: LRUCache<string, Entry>): void {
    this.#moving = true;
    from.delete(key);
    this.#moving = false;
    to.set(key, entry);
  }

  #makeRoom(): void {
    while (this.bytes > this.maxBytes) (this.#once.size > 0 ? this.#once : this.#again).pop();
  }
}
