// cache — cache level two: the question's key leads to an entry. Two pools bounded in bytes, so that a flood of names
// that do not exist cannot push out those that do; each evicts its least recently used entry first.

import { LRUCache } from 'lru-cache';
import { type Entry, entrySize } from './entry.ts';

/** How long an answer may outlive its TTL when nobody can be asked (RFC 8767 section 5 suggests one to three days). */
export const STALE_WINDOW = 24 * 3600 * 1000;

/** Shares of the bytes given to the cache; the rest is for ready answers. */
const SUCCESS_SHARE = 2 / 3;

export type EvictionListener = (pool: 'success' | 'denial', entry: Entry) => void;

export class Cache {
  readonly #success: LRUCache<string, Entry>;
  readonly #denial: LRUCache<string, Entry>;

  constructor(byteLimit: number, onEvict: EvictionListener) {
    const pool = (name: 'success' | 'denial', maxSize: number) =>
      new LRUCache<string, Entry>({
        maxSize: Math.max(1, Math.floor(maxSize)),
        sizeCalculation: (entry, key) => entrySize(key, entry),
        dispose: (entry, _key, reason) => {
          if (reason === 'evict') onEvict(name, entry);
        },
      });
    this.#success = pool('success', byteLimit * SUCCESS_SHARE);
    this.#denial = pool('denial', byteLimit * (1 - SUCCESS_SHARE));
  }

  /** The entry for a key, fresh or stale; undefined when there is none, or none that may still be used. */
  find(key: string, now: number): Entry | undefined {
    const entry = this.#success.get(key) ?? this.#denial.get(key);
    if (entry === undefined || now < entry.expires) return entry;
    if (entry.kind !== 'failure' && now < entry.expires + STALE_WINDOW) return entry;
    this.#success.delete(key);
    this.#denial.delete(key);
    return undefined;
  }

  /** Keeps an entry, in place of whatever the key led to before. */
  store(key: string, entry: Entry): void {
    const [into, other] =
      entry.kind === 'success' ? [this.#success, this.#denial] : [this.#denial, this.#success];
    other.delete(key);
    into.set(key, entry);
  }

  get bytes(): number {
    return this.#success.calculatedSize + this.#denial.calculatedSize;
  }

  get entries(): { success: number; denial: number } {
    return { success: this.#success.size, denial: this.#denial.size };
  }
}
