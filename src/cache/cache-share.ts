// cache-share — what another instance may have of this one's cache, and what it may add to it.

import type { Entries, Learned } from './entries.ts';
import type { Entry } from './entry.ts';
import { type RecordReader, readRecord, recordLength, writeRecord } from './entry-record.ts';

/** What became of a record that came from outside; refused: there was something wrong with it. */
export type Received = Learned | 'refused';

export class CacheShare {
  readonly #entries: Entries;
  readonly #suffixOf: (zone: number) => string | undefined;
  readonly #reader: RecordReader;

  /** @param suffixOf of a zone, by its index; undefined where another instance could not have got the same answer */
  constructor(entries: Entries, suffixOf: (zone: number) => string | undefined, reader: RecordReader) {
    this.#entries = entries;
    this.#suffixOf = suffixOf;
    this.#reader = reader;
  }

  /** Calls `told` with the key of each entry this instance stores by itself, until the function returned is called. */
  onStore(told: (key: string) => void): () => void {
    return this.#entries.onStore(told);
  }

  /** The keys of the whole cache; may be walked over any number of turns. See `Entries.keys`. */
  keys(): Iterator<string> {
    return this.#entries.keys();
  }

  /**
   * Writes the record for a key at `at`; returns the offset behind it: `at` itself when there is nothing to tell any
   * more, -1 when the record would not end before `end`.
   */
  write(key: string, out: Buffer, at: number, end: number): number {
    const entry = this.#entries.peek(key, this.#reader.now());
    const suffix = entry === undefined ? undefined : this.#suffixOf(entry.zone);
    if (entry === undefined || suffix === undefined || !isShared(key, entry)) return at;
    if (at + recordLength(entry) > end) return -1;
    return writeRecord(out, at, key, entry, suffix);
  }

  /**
   * Adds what the record between `at` and `end` says. `evicts`: older entries may make room for it. It never gets into
   * the ready answers from here; those are for questions that were asked twice.
   */
  learn(bytes: Buffer, at: number, end: number, evicts: boolean): Received {
    const record = readRecord(bytes, at, end, this.#reader);
    if (record === undefined) return 'refused';
    return this.#entries.learn(record.key, record.entry, this.#reader.now(), evicts);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** Of the first audience: which others there are is for each instance to say. */
function isShared(key: string, { nameLength }: Entry): boolean {
  return key.length === nameLength + 3;
}
