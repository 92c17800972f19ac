// entries — cache level two: a question's key leads to an entry. Two pools bounded in bytes, so that a flood of names
// that do not exist cannot push out those that do; each evicts its least recently used entry first.

import { LRUCache } from 'lru-cache';
import { ENTRY_OVERHEAD, type Entry, entrySize } from './entry.ts';
import { Presence } from './presence.ts';

/** How long an answer may outlive its TTL when no server answers (RFC 8767 section 5 suggests one to three days). */
export const STALE_WINDOW = 24 * 3600 * 1000;

/** Share of the bytes given to them; the rest is for what says that there is nothing. */
const SUCCESS_SHARE = 2 / 3;

/** Most recently used keys of a pool that a walk begins with; found in half a microsecond each. */
const HOT_KEYS = 2000;

export type EvictionListener = (pool: 'success' | 'denial', entry: Entry) => void;
export type StoreListener = (key: string, entry: Entry) => void;

/** What became of an entry from outside; known: what we have is as good; noRoom: it was not worth evicting another. */
export type Learned = 'taken' | 'known' | 'noRoom';

export class Entries {
  readonly #success: LRUCache<string, Entry>;
  readonly #denial: LRUCache<string, Entry>;
  readonly #presence: Presence;
  #onStore: readonly StoreListener[] = [];

  constructor(byteLimit: number, onEvict: EvictionListener) {
    this.#presence = new Presence(byteLimit / ENTRY_OVERHEAD);
    const poolBytes = byteLimit - this.#presence.bytes;
    const pool = (name: 'success' | 'denial', maxSize: number) =>
      new LRUCache<string, Entry>({
        maxSize: Math.max(1, Math.floor(maxSize)),
        sizeCalculation: (entry, key) => entrySize(key, entry),
        dispose: (entry, key, reason) => {
          this.#presence.remove(key);
          if (reason === 'evict') onEvict(name, entry);
        },
      });
    this.#success = pool('success', poolBytes * SUCCESS_SHARE);
    this.#denial = pool('denial', poolBytes * (1 - SUCCESS_SHARE));
  }

  /** The entry for a key, fresh or stale; undefined when there is none, or none that may still be used. */
  find(key: string, now: number): Entry | undefined {
    if (!this.#presence.maybe(key)) return undefined;
    const entry = this.#success.get(key) ?? this.#denial.get(key);
    if (entry === undefined || now < entry.expires) return entry;
    if (entry.kind !== 'failure' && now < entry.expires + STALE_WINDOW) return entry;
    this.#success.delete(key);
    this.#denial.delete(key);
    return undefined;
  }

  /** As `find`, but the entry does not count as used. */
  peek(key: string, now: number): Entry | undefined {
    const entry = this.#success.peek(key) ?? this.#denial.peek(key);
    return entry !== undefined && now < entry.expires + STALE_WINDOW ? entry : undefined;
  }

  /** Keeps an entry, in place of whatever the key led to before. */
  store(key: string, entry: Entry): void {
    this.#put(key, entry);
    for (const told of this.#onStore) told(key, entry);
  }

  /** Calls `told` for each entry stored, not for those learned, until the function returned is called. */
  onStore(told: StoreListener): () => void {
    this.#onStore = [...this.#onStore, told];
    return () => {
      this.#onStore = this.#onStore.filter((other) => other !== told);
    };
  }

  /** Keeps an entry of another instance if it is better than what is here. `evicts`: others may have to go for it. */
  learn(key: string, entry: Entry, now: number, evicts: boolean): Learned {
    const own = this.#success.peek(key) ?? this.#denial.peek(key);
    if (own !== undefined && !isBetter(entry, own, now)) return 'known';
    const pool = entry.kind === 'success' ? this.#success : this.#denial;
    const room = pool.maxSize - pool.calculatedSize;
    if (own === undefined && !evicts && entrySize(key, entry) > room) return 'noRoom';
    this.#put(key, entry);
    return 'taken';
  }

  /**
   * All keys: those used last come first, then the others as they lie, some twice. The cache may change while the walk
   * rests: what is stored meanwhile may be missed, nothing else. That is why it does not go by the order of use all the
   * way (the place where it rests may move to the front) but by slots, which only lru-cache's internals show; they are
   * read, never touched.
   */
  *keys(): Generator<string, undefined> {
    const pools = [this.#success, this.#denial];
    const hot = pools.map((pool) => newest(pool, HOT_KEYS));
    for (const keys of hot) yield* keys;
    for (const pool of pools.filter((_, i) => hot[i]!.length === HOT_KEYS)) {
      const { keyList } = LRUCache.unsafeExposeInternals(pool);
      for (let slot = keyList.length - 1; slot >= 0; slot--) {
        const key = keyList[slot];
        if (key !== undefined) yield key;
      }
    }
  }

  get bytes(): number {
    return this.#presence.bytes + this.#success.calculatedSize + this.#denial.calculatedSize;
  }

  get counts(): { success: number; denial: number } {
    return { success: this.#success.size, denial: this.#denial.size };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #put(key: string, entry: Entry): void {
    const [into, other] =
      entry.kind === 'success' ? [this.#success, this.#denial] : [this.#denial, this.#success];
    other.delete(key);
    if (entrySize(key, entry) > into.maxSize) return;
    this.#presence.add(key);
    into.set(key, entry);
  }
}

/** A fresh one before a stale one, any answer before a failure, the later one before the earlier one. */
function isBetter(entry: Entry, own: Entry, now: number): boolean {
  const [fresh, ownFresh] = [now < entry.expires, now < own.expires];
  if (fresh !== ownFresh) return fresh;
  return own.kind === 'failure' || entry.stored > own.stored;
}

/** A copy: the order changes while the walk rests. */
function newest(pool: LRUCache<string, Entry>, count: number): readonly string[] {
  const keys: string[] = [];
  for (const key of pool.keys()) if (keys.push(key) === count) break;
  return keys;
}
