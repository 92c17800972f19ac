// cache — both levels of the cache behind one front: the exact bytes of a query lead to a reply that lies ready; else the
// question they hold leads to an entry, from which a reply is composed.

import { Query } from '../message/query.ts';
import { deriveKey, rereadQuery } from '../message/question.ts';
import type { CacheParts } from '../status.ts';
import { Entries, type EvictionListener } from './entries.ts';
import type { Entry } from './entry.ts';
import { type ReadyAnswer, ReadyAnswers, type ReadyReply } from './ready-answers.ts';

/** Share of the bytes for answers in ready form. */
const READY_SHARE = 1 / 4;

export class Cache {
  /** Level two: what can be shared with another instance. */
  readonly entries: Entries;
  readonly #ready: ReadyAnswers;
  readonly #used = new Query();

  constructor(byteLimit: number, onEvict: EvictionListener) {
    this.entries = new Entries(byteLimit * (1 - READY_SHARE), onEvict);
    this.#ready = new ReadyAnswers(byteLimit * READY_SHARE);
    this.#ready.onUse = (at, length, second) => this.#touch(at, length, second);
  }

  /** Level one, for a batch of queries that will be looked for one after the other. See `ReadyAnswers.warm`. */
  warm(words: Int32Array, at: number, step: number, count: number): void {
    this.#ready.warm(words, at, step, count);
  }

  /** Level one. See `ReadyAnswers.find`. */
  findReady(
    words: Int32Array,
    at: number,
    length: number,
    hash: number,
    second: number,
  ): ReadyAnswer | undefined {
    return this.#ready.find(words, at, length, hash, second);
  }

  /** Level two: the entry for a key, fresh or stale; undefined when there is none, or none that may still be used. */
  find(key: string, now: number): Entry | undefined {
    return this.entries.find(key, now);
  }

  /** As `find`, but the entry does not count as used. */
  peek(key: string, now: number): Entry | undefined {
    return this.entries.peek(key, now);
  }

  /** What is known about a key is no longer true. */
  remove(key: string): void {
    this.entries.remove(key);
  }

  /** Keeps an entry in level two. */
  store(key: string, entry: Entry): void {
    this.entries.store(key, entry);
  }

  /** Keeps a reply in level one. */
  makeReady(entry: Entry, reply: ReadyReply): void {
    this.#ready.put(entry, reply);
  }

  /** How often level one has answered since it last let a query through to an entry; asked once. */
  takeReadyUses(): number {
    return this.#ready.takeUses();
  }

  /** Nothing lies ready any more: other answers hold. */
  forgetReady(): void {
    this.#ready.forget();
  }

  /** Where the replies of level one lie. */
  get readyBytes(): Uint8Array {
    return this.#ready.bytes;
  }

  /** Calls `told` with the range of `readyBytes` about to be written: what was found there may still be on its way out. */
  onOverwrite(told: (from: number, to: number) => void): void {
    this.#ready.onOverwrite = told;
  }

  /** In use. */
  /** By what is in them: replies that lie ready, answers, what says that there is nothing, and where to look. */
  get parts(): CacheParts {
    return { ready: { bytes: this.#ready.size, maxBytes: this.#ready.maxSize }, ...this.entries.parts };
  }

  get bytes(): number {
    return this.entries.bytes + this.#ready.size;
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Level one hides the use of an entry: told now and then, or the busiest names would seem the least used. */
  #touch(at: number, length: number, second: number): void {
    if (!this.entries.isCrowded(second * 1000)) return;
    rereadQuery(this.#used, this.#ready.bytes, at, length);
    deriveKey(this.#used);
    this.entries.touch(this.#used.key);
  }
}
