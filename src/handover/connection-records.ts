// connection-records — how far each connection is written, in memory that outlives the process.
//
// A taker that goes on with a connection asks the kernel how many bytes were written to it, and learns from the record whether
// that is between two answers.

import { BASE, CLOSED, GENERATION, OPEN, RECORD_WORDS, RECORDS, STATE, TOTAL } from './arena-words.ts';

export class ConnectionRecords {
  readonly #words: Int32Array;
  /** Those released longest ago first: a taker may still look at what they say. */
  readonly #free: number[] = Array.from({ length: RECORDS }, (_, i) => i);

  /** @param memory RECORDS_BYTES of an arena */
  constructor(memory: Uint8Array) {
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, RECORDS * RECORD_WORDS);
  }

  /** A record that is free, or -1. */
  take(): number {
    return this.#free.shift() ?? -1;
  }

  /** What the record will be known by once it is opened. */
  nextGeneration(record: number): number {
    return (this.#words[record * RECORD_WORDS + GENERATION]! + 1) | 0;
  }

  generation(record: number): number {
    return this.#words[record * RECORD_WORDS + GENERATION]!;
  }

  open(record: number, written: number): void {
    const at = record * RECORD_WORDS;
    this.#words[at + BASE] = written | 0;
    this.#words[at + TOTAL] = written | 0;
    this.#words[at + STATE] = OPEN;
    // Last: a twin that holds the connection by its next generation drops it when it sees that one closed.
    Atomics.store(this.#words, at + GENERATION, this.nextGeneration(record));
  }

  /** Answers of `total - base` bytes are about to be written. */
  plan(record: number, base: number, total: number): void {
    const at = record * RECORD_WORDS;
    this.#words[at + BASE] = base | 0;
    this.#words[at + TOTAL] = total | 0;
  }

  setState(record: number, state: number): void {
    Atomics.store(this.#words, record * RECORD_WORDS + STATE, state);
  }

  /** The twin already knows this connection under the next generation; marked closed it is not adopted. */
  refuse(record: number): void {
    const at = record * RECORD_WORDS;
    this.#words[at + STATE] = CLOSED;
    Atomics.store(this.#words, at + GENERATION, this.nextGeneration(record));
    this.release(record);
  }

  /** Nothing refers to it any more. */
  release(record: number): void {
    this.#free.push(record);
  }
}
