// ready-answers — cache level one: the exact bytes of a query lead to the bytes of its reply, without parsing either.
//
//   index    sets of four (hash, position); a new record takes the oldest place of its set
//   records  one flat ring of 32-bit words, overwritten oldest first
//
//   record   | hash | query length, reply length | fresh until | aged at | expires | what to count | TTLs |
//            | query, word by word, id aside | reply | TTL offsets, 16 bits each |
//
// It allocates nothing after construction. Only second askers are put in, so names asked once cannot flush it.
// Seconds are those of the monotonic clock.

import { allocate } from 'node-reuseport';
import { writeUint32 } from '../message/message.ts';
import type { Entry } from './entry.ts';

const HASH = 0;
const LENGTHS = 1;
const FRESH_UNTIL = 2;
const AGED_AT = 3;
const EXPIRES = 4;
const COUNTED = 5;
const TTLS = 6;
const RECORD_HEADER = 7;

const WAYS = 4;
/** Bytes of a typical record; sets how large the index is made for a given ring. */
const TYPICAL_RECORD = 96;
/** What the ring may take of the limit; the index needs up to a sixth of the ring. */
const RING_SHARE = 0.85;

export class ReadyAnswers {
  /** The ring's bytes: region 1 of the arena's replies. */
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #index: Int32Array;
  readonly #setMask: number;
  /** What is read in vain would not be read at all. */
  warmed = 0;
  /** Told which bytes are about to be written: what was found there may still be on its way out. */
  onOverwrite: (from: number, to: number) => void = () => {};
  /** Words written so far, modulo 2^32: where the next record goes, and which old ones are still whole. */
  #written = 0;

  /** @param byteLimit memory for ring and index together; the ring is the largest power of two that fits */
  constructor(byteLimit: number) {
    const ring = 2 ** Math.floor(Math.log2(Math.max(byteLimit * RING_SHARE, 1 << 16)));
    // Rounded up: names that share a full set push each other out for as long as they are asked for.
    const sets = 2 ** Math.max(4, Math.ceil(Math.log2(ring / TYPICAL_RECORD / WAYS)));
    this.bytes = allocate(ring);
    const memory = this.bytes.buffer;
    this.#words = new Int32Array(memory);
    this.#halves = new Uint16Array(memory);
    this.#index = new Int32Array(allocate(sets * WAYS * 2 * 4).buffer);
    this.#setMask = sets - 1;
  }

  /** Bytes in use. */
  get size(): number {
    return this.#index.byteLength + Math.min(this.#written * 4, this.bytes.length);
  }

  /**
   * Finds the reply to a query lying at word `at` of `words` (zero bytes behind it), and brings its TTLs up to `second`.
   * @returns the record's word index, or -1
   */
  find(words: Int32Array, at: number, length: number, hash: number, second: number): number {
    const own = this.#words;
    const ringWords = own.length;
    const index = this.#index;
    const set = (hash & this.#setMask) * WAYS * 2;
    for (let way = set; way < set + WAYS * 2; way += 2) {
      if (index[way] !== hash) continue;
      const position = index[way + 1]!;
      const record = position & (ringWords - 1);
      // Whole only while the writer has not come round to it again; a reused stretch could hold anything.
      if ((this.#written - position) >>> 0 > ringWords || own[record] !== hash) continue;
      if ((own[record + LENGTHS]! & 0xffff) !== length) continue;
      const query = record + RECORD_HEADER;
      if (own[query]! >>> 16 !== words[at]! >>> 16) continue;
      const queryWords = (length + 3) >>> 2;
      let i = 1;
      while (i < queryWords && own[query + i] === words[at + i]) i++;
      if (i < queryWords) continue;
      if (second >= own[record + FRESH_UNTIL]!) return -1;
      if (own[record + AGED_AT] !== second) this.#age(record, second, query + queryWords);
      return record;
    }
    return -1;
  }

  /**
   * Fetches into the processor's cache what `find` will look at for the hash at word `at` of `words` and at each of the
   * `count - 1` places `step` words on: all at once, where one lookup after the other would wait for memory each time.
   */
  warm(words: Int32Array, at: number, step: number, count: number): void {
    const index = this.#index;
    let seen = 0;
    for (let i = 0; i < count; i++) seen ^= index[(words[at + i * step]! & this.#setMask) * WAYS * 2]!;
    this.warmed = seen;
  }

  /** Offset in `bytes` of the record's reply. */
  replyOffset(record: number): number {
    const lengths = this.#words[record + LENGTHS]!;
    return (record + RECORD_HEADER + (((lengths & 0xffff) + 3) >>> 2)) << 2;
  }

  replyLength(record: number): number {
    return this.#words[record + LENGTHS]! >>> 16;
  }

  /** The number given at `put`: what the server counts for each use. */
  counted(record: number): number {
    return this.#words[record + COUNTED]!;
  }

  /**
   * Remembers a reply. `freshUntil` may lie before the entry expires, so that the last hits reach level two.
   * `reply` lies at `offset` of `out`, uncut, its TTLs where the entry has them.
   */
  put(
    words: Int32Array,
    at: number,
    queryLength: number,
    hash: number,
    entry: Entry,
    out: Uint8Array,
    offset: number,
    replyLength: number,
    freshUntil: number,
    second: number,
    counted: number,
  ): void {
    const queryWords = (queryLength + 3) >>> 2;
    const replyWords = (replyLength + 3) >>> 2;
    const ttls = entry.ttlOffsets.length;
    const size = RECORD_HEADER + queryWords + replyWords + ((ttls + 1) >>> 1);
    const own = this.#words;
    const ringWords = own.length;
    if (size > ringWords >>> 3) return;
    const room = ringWords - (this.#written & (ringWords - 1));
    if (room < size) this.#written = (this.#written + room) >>> 0;
    const record = this.#written & (ringWords - 1);
    this.onOverwrite(record << 2, (record + size) << 2);
    own[record + HASH] = hash;
    own[record + LENGTHS] = queryLength | (replyLength << 16);
    own[record + FRESH_UNTIL] = freshUntil;
    own[record + AGED_AT] = second;
    own[record + EXPIRES] = Math.floor(entry.expires / 1000);
    own[record + COUNTED] = counted;
    own[record + TTLS] = ttls;
    const query = record + RECORD_HEADER;
    for (let i = 0; i < queryWords; i++) own[query + i] = words[at + i]!;
    const reply = (query + queryWords) << 2;
    for (let i = 0; i < replyLength; i++) this.bytes[reply + i] = out[offset + i]!;
    const halves = (query + queryWords + replyWords) << 1;
    for (let i = 0; i < ttls; i++) this.#halves[halves + i] = entry.ttlOffsets.charCodeAt(i);
    this.#enter(hash, this.#written);
    this.#written = (this.#written + size) >>> 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#index.fill(0);
    this.#written = 0;
    this.#words.fill(0, 0, RECORD_HEADER);
  }

  /** A set is kept youngest first, so the one pushed out is the oldest. */
  #enter(hash: number, position: number): void {
    const index = this.#index;
    const set = (hash & this.#setMask) * WAYS * 2;
    let place = set;
    while (place < set + (WAYS - 1) * 2 && index[place] !== hash) place += 2;
    index.copyWithin(set + 2, set, place);
    index[set] = hash;
    index[set + 1] = position | 0;
  }

  #age(record: number, second: number, replyWord: number): void {
    const own = this.#words;
    const reply = replyWord << 2;
    const halves = (replyWord + (((own[record + LENGTHS]! >>> 16) + 3) >>> 2)) << 1;
    const left = Math.max(1, own[record + EXPIRES]! - second);
    const ttls = own[record + TTLS]!;
    for (let i = 0; i < ttls; i++) writeUint32(this.bytes, reply + this.#halves[halves + i]!, left);
    own[record + AGED_AT] = second;
  }
}
