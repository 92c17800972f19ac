// entries — cache level two: a question's key leads to an entry. Two pools bounded in bytes, so that a flood of names
// that do not exist cannot push out those that do.

import type { PartStatus } from '../status.ts';
import { ENTRY_OVERHEAD, type Entry, entrySize } from './entry.ts';
import { Flushed } from './flushed.ts';
import { Pool } from './pool.ts';
import { Presence } from './presence.ts';

/** How long an answer may outlive its TTL when no server answers (RFC 8767 section 5 suggests one to three days). */
export const STALE_WINDOW = 24 * 3600 * 1000;

/** Share of the bytes given to them; the rest is for what says that there is nothing. */
const SUCCESS_SHARE = 2 / 3;

/** A pool with little room is crowded for as long after a name was added to it, milliseconds. */
const CROWDED = 10_000;

/** Most recently used keys of a pool that a walk begins with; found in half a microsecond each. */
const HOT_KEYS = 2000;

export type EvictionListener = (pool: 'success' | 'denial', entry: Entry) => void;
export type StoreListener = (key: string, entry: Entry) => void;

/** What became of an entry from outside; known: what we have is as good; noRoom: it was not worth evicting another. */
export type Learned = 'taken' | 'known' | 'noRoom';

export class Entries {
  readonly #success: Pool;
  readonly #denial: Pool;
  readonly #presence: Presence;
  /** When a name was last added to a pool with little room, milliseconds. */
  #crowdedAt = Number.NEGATIVE_INFINITY;
  #onStore: readonly StoreListener[] = [];
  readonly #flushed = new Flushed();

  constructor(byteLimit: number, onEvict: EvictionListener) {
    this.#presence = new Presence(byteLimit / ENTRY_OVERHEAD);
    const poolBytes = byteLimit - this.#presence.bytes;
    const pool = (name: 'success' | 'denial', maxBytes: number) =>
      new Pool(maxBytes, (key, entry, evicted) => {
        this.#presence.remove(key);
        if (evicted) onEvict(name, entry);
      });
    this.#success = pool('success', poolBytes * SUCCESS_SHARE);
    this.#denial = pool('denial', poolBytes * (1 - SUCCESS_SHARE));
  }

  /** The entry for a key, fresh or stale; undefined when there is none, or none that may still be used. */
  find(key: string, now: number): Entry | undefined {
    if (!this.#presence.maybe(key)) return undefined;
    const entry = this.#success.use(key) ?? this.#denial.use(key);
    if (entry === undefined || isUsable(entry, now)) return entry;
    this.remove(key);
    return undefined;
  }

  /** The entry for a key has been used elsewhere; without a look at whether that is still so. */
  touch(key: string): void {
    const entry = this.#success.use(key) ?? this.#denial.use(key);
    if (entry !== undefined) entry.hits++;
  }

  /** Whether entries have, or will soon have, to make room for others: the order of use matters then. */
  isCrowded(now: number): boolean {
    return now < this.#crowdedAt + CROWDED;
  }

  /** As `find`, but the entry does not count as used. */
  peek(key: string, now: number): Entry | undefined {
    const entry = this.#success.peek(key) ?? this.#denial.peek(key);
    return entry !== undefined && isUsable(entry, now) ? entry : undefined;
  }

  /** Keeps an entry, in place of whatever the key led to before. */
  store(key: string, entry: Entry): void {
    this.#put(key, entry);
    for (const told of this.#onStore) told(key, entry);
  }

  /** What the key leads to, if anything, is no longer true. */
  remove(key: string): void {
    this.#success.delete(key);
    this.#denial.delete(key);
  }

  /** What was stored of a name until now, or below it, is learned no more; what is kept of it is the caller's to remove. */
  flush(name: string, zone: boolean, now: number): void {
    this.#flushed.add(name, zone, now);
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
    if (this.#flushed.covers(key, entry.nameLength, entry.stored)) return 'known';
    const own = this.#success.peek(key) ?? this.#denial.peek(key);
    if (own !== undefined && !isBetter(entry, own, now)) return 'known';
    const pool = entry.kind === 'success' ? this.#success : this.#denial;
    const room = pool.maxBytes - pool.bytes;
    if (own === undefined && !evicts && entrySize(key, entry) > room) return 'noRoom';
    this.#put(key, entry);
    return 'taken';
  }

  /**
   * All keys: those used last come first, then the others as they lie, some twice. The cache may change while the walk
   * rests: what is stored meanwhile may be missed, nothing else.
   */
  *keys(): Generator<string, undefined> {
    const pools = [this.#success, this.#denial];
    const slots = pools.flatMap((pool) => pool.slots());
    for (const keys of pools.map((pool) => pool.newest(HOT_KEYS))) yield* keys;
    for (const keys of slots) for (const key of keys) if (key !== undefined) yield key;
  }

  get bytes(): number {
    return this.#presence.bytes + this.#success.bytes + this.#denial.bytes;
  }

  /** What is kept of either kind, and how much of it may be. */
  get parts(): { answers: PartStatus; denials: PartStatus; index: PartStatus } {
    const index = this.#presence.bytes;
    return {
      answers: { bytes: this.#success.bytes, maxBytes: this.#success.maxBytes },
      denials: { bytes: this.#denial.bytes, maxBytes: this.#denial.maxBytes },
      index: { bytes: index, maxBytes: index },
    };
  }

  get counts(): { success: number; denial: number } {
    return { success: this.#success.size, denial: this.#denial.size };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #put(key: string, entry: Entry): void {
    const into = entry.kind === 'success' ? this.#success : this.#denial;
    const other = into === this.#success ? this.#denial : this.#success;
    const isNew = !this.#presence.maybe(key); // mostly, and then there is nothing to look for
    if (!isNew) other.delete(key);
    if (entrySize(key, entry) > into.maxBytes) return isNew ? undefined : into.delete(key);
    this.#presence.add(key);
    if (isNew) into.add(key, entry);
    else into.set(key, entry);
    if (isNew && into.bytes > into.maxBytes / 2) this.#crowdedAt = entry.stored;
  }
}

/** A failure is of no use once it is over; anything else may be given out stale for long. */
function isUsable(entry: Entry, now: number): boolean {
  return now < entry.expires + (entry.kind === 'failure' ? 0 : STALE_WINDOW);
}

/** Any answer before a failure, a fresh one before a stale one, the later one before the earlier one. */
function isBetter(entry: Entry, own: Entry, now: number): boolean {
  if (entry.kind === 'failure' && own.kind !== 'failure') return false;
  const [fresh, ownFresh] = [now < entry.expires, now < own.expires];
  if (fresh !== ownFresh) return fresh;
  return own.kind === 'failure' || entry.stored > own.stored;
}
