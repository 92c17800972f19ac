// ready-answers — cache level one: the exact bytes of a query lead to the bytes of its reply, without parsing either.
//
//   index    sets of four (hash, position); a new record takes the oldest place of its set
//   records  one flat ring of 32-bit words, overwritten oldest first
//
//   record   | hash | query length, reply length | fresh until | aged at | expires | uses, what to count | TTLs | rotating |
//            | query, word by word, id aside | reply | TTL offsets, 16 bits each |
//
// It allocates nothing after construction. Only second askers are put in, so names asked once cannot flush it.
// Seconds are those of the monotonic clock.

import { allocate } from 'node-reuseport';
import { writeUint32 } from '../message/message.ts';
import type { Entry } from './entry.ts';
import { type Rotating, rotate, rotatingIn } from './rotation.ts';

const HASH = 0;
const LENGTHS = 1;
const FRESH_UNTIL = 2;
const AGED_AT = 3;
const EXPIRES = 4;
const COUNTED = 5;
/** How often a reply was used, in the bits of that word above the number it was given with. */
const USES = 25;
const MOST_USES = 127;
const TTLS = 6;
/** Addresses that rotate each second: where the first is, how many, of how many bytes; 0: none. */
const ROTATING = 7;
const RECORD_HEADER = 8;

const WAYS = 4;
/** Bytes of a typical record; sets how large the index is made for a given ring. */
const TYPICAL_RECORD = 96;
/** What the ring may take of the limit; the index needs up to a sixth of the ring. */
const RING_SHARE = 0.85;

/** What `find` found. */
export interface ReadyAnswer {
  /** Where the reply lies in `bytes`. */
  offset: number;
  length: number;
  /** The number given with the reply, in its lower bits: what the server counts for each use. */
  counted: number;
}

/** A reply to be kept ready, and the query it was composed for. */
export interface ReadyReply {
  /** The query lies at word `at` of `words` (zero bytes behind it). */
  readonly words: Int32Array;
  at: number;
  queryLength: number;
  hash: number;
  /** The reply lies at `offset` of `outbox`: uncut, its TTLs where its entry has them. */
  readonly outbox: Uint8Array;
  offset: number;
  length: number;
  /** Second from which on it is not given out; may be before the entry expires, so that the last hits reach level two. */
  freshUntil: number;
  /** For which its TTLs are right. */
  second: number;
  counted: number;
}

export class ReadyAnswers {
  /** The ring's bytes: region 1 of the arena's replies. */
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #halves: Uint16Array;
  readonly #index: Int32Array;
  readonly #setMask: number;
  /** Reused by every `find`. */
  readonly #found: ReadyAnswer = { offset: 0, length: 0, counted: 0 };
  readonly #rotating: Rotating = { first: 0, size: 0, count: 0 };
  /** Of no use but that V8 does not leave out what `warm` reads. */
  warmed = 0;
  /** Told which bytes are about to be written: what was found there may still be on its way out. */
  onOverwrite: (from: number, to: number) => void = () => {};
  /** Told every other second of an answer that is used where its query lies in `bytes`: its entry is in use then. */
  onUse: (at: number, length: number, second: number) => void = () => {};
  /** Of the reply that was found last and is not given out any more. */
  #uses = 0;
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

  /** How often the reply was used that `find` has found too old, at most 127 times; asked once, before it is called again. */
  takeUses(): number {
    const uses = this.#uses;
    this.#uses = 0;
    return uses;
  }

  /** Bytes that may be in use. */
  get maxSize(): number {
    return this.#index.byteLength + this.bytes.length;
  }

  /** Bytes in use. */
  get size(): number {
    return this.#index.byteLength + Math.min(this.#written * 4, this.bytes.length);
  }

  /**
   * Finds the reply to a query lying at word `at` of `words` (zero bytes behind it), and brings its TTLs up to `second`.
   * What it returns is good until it is called again.
   */
  find(words: Int32Array, at: number, length: number, hash: number, second: number): ReadyAnswer | undefined {
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
      const counted = own[record + COUNTED]!;
      if (second >= own[record + FRESH_UNTIL]!) {
        this.#uses = counted >>> USES;
        return undefined;
      }
      const reply = query + queryWords;
      if (own[record + AGED_AT] !== second) {
        if (own[record + AGED_AT]! >> 1 !== second >> 1) this.onUse(query << 2, length, second);
        this.#age(record, second, reply);
      }
      const found = this.#found;
      found.offset = reply << 2;
      found.length = own[record + LENGTHS]! >>> 16;
      if (counted >>> USES < MOST_USES) own[record + COUNTED] = counted + (1 << USES);
      found.counted = counted;
      return found;
    }
    return undefined;
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

  /** No query leads to a reply any more; the replies lie where they are, some on their way out. */
  forget(): void {
    this.#index.fill(0);
  }

  /** Remembers a reply that was composed from `entry`, unless it is too long. */
  put(entry: Entry, reply: ReadyReply): void {
    const { words, at, queryLength, hash, outbox, offset, length, second } = reply;
    const queryWords = (queryLength + 3) >>> 2;
    const replyWords = (length + 3) >>> 2;
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
    own[record + LENGTHS] = queryLength | (length << 16);
    own[record + FRESH_UNTIL] = reply.freshUntil;
    own[record + AGED_AT] = second;
    own[record + EXPIRES] = Math.floor(entry.expires / 1000);
    own[record + COUNTED] = reply.counted;
    own[record + TTLS] = ttls;
    const { first, size: each, count } = rotatingIn(outbox, offset, entry.ttlOffsets);
    own[record + ROTATING] = count === 0 ? 0 : first | (count << 16) | (each << 24);
    const query = record + RECORD_HEADER;
    for (let i = 0; i < queryWords; i++) own[query + i] = words[at + i]!;
    const to = (query + queryWords) << 2;
    for (let i = 0; i < length; i++) this.bytes[to + i] = outbox[offset + i]!;
    const halves = (query + queryWords + replyWords) << 1;
    for (let i = 0; i < ttls; i++) this.#halves[halves + i] = entry.ttlOffsets.charCodeAt(i);
    this.#enter(hash, this.#written);
    this.#written = (this.#written + size) >>> 0;
  }

  // -------------------------------------------------------------------------------------------------------------------

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
    const turning = own[record + ROTATING]!;
    if (turning !== 0) {
      const turn = this.#rotating;
      turn.first = turning & 0xffff;
      turn.count = (turning >>> 16) & 0xff;
      turn.size = turning >>> 24;
      rotate(this.bytes, reply, turn, second - own[record + AGED_AT]!);
    }
    own[record + AGED_AT] = second;
  }
}
