// parked-cells — cells of the arena for queries that must wait; what is parked here outlives the process (a memfd).

import {
  type Arena,
  CELL_ADDRESS_LENGTH,
  CELL_LENGTH,
  CELL_PAYLOAD,
  CELL_STATE,
  CELL_TAG,
} from 'node-reuseport';
import { CELL_SEQUENCE, FREE, PARKED, PARKED_MOST, TRIED, ZERO_TAIL } from './arena-words.ts';

export class ParkedCells {
  /**
   * A cell in which nothing is parked: what waits outside of the arena is answered from there, one at a time. It is the last,
   * so PARKED_MOST never reaches it and its state means nothing.
   */
  readonly spare: number;
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;
  #sequence = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    const { memory } = arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.spare = arena.cells - 1;
    this.#freeCount = this.spare - arena.ring;
    this.#free = Int32Array.from({ length: this.#freeCount }, (_, i) => this.spare - 1 - i);
  }

  /** Slots taken. */
  get used(): number {
    return this.#free.length - this.#freeCount;
  }

  /** Copies the datagram in `cell` to a parked cell and returns that one's number, or -1 when all are taken. */
  take(cell: number, length: number): number {
    const parked = this.#next();
    if (parked < 0) return -1;
    const { memory, stride } = this.#arena;
    const to = parked * stride;
    memory.copyWithin(to, cell * stride, cell * stride + CELL_PAYLOAD + length + ZERO_TAIL);
    this.#words[(to >> 2) + CELL_SEQUENCE] = this.#sequence++;
    // Last: half a copy is none. A query that a process had in hand when it died keeps the mark of it.
    const before = this.#words[((cell * stride) >> 2) + CELL_STATE]!;
    Atomics.store(this.#words, (to >> 2) + CELL_STATE, before === TRIED ? TRIED : PARKED);
    return parked;
  }

  /** Copies a message that was no datagram; -1 when all cells are taken or it is longer than one. */
  takeBytes(bytes: Uint8Array, start: number, length: number, tag: number): number {
    const { memory, payload, stride } = this.#arena;
    const parked = length > payload ? -1 : this.#next();
    if (parked < 0) return -1;
    const header = (parked * stride) >> 2;
    const at = parked * stride + CELL_PAYLOAD;
    for (let i = 0; i < length; i++) memory[at + i] = bytes[start + i]!;
    memory.fill(0, at + length, at + length + ZERO_TAIL);
    this.#words[header + CELL_LENGTH] = length;
    this.#words[header + CELL_ADDRESS_LENGTH] = 0;
    this.#words[header + CELL_TAG] = tag;
    this.#words[header + CELL_SEQUENCE] = this.#sequence++;
    Atomics.store(this.#words, header + CELL_STATE, PARKED);
    return parked;
  }

  /** Gives a cell back, after the reply to it was sent. */
  release(cell: number): void {
    // Seen before another query is copied there: a reader whose copy is half of each must find the cell free, or changed.
    Atomics.store(this.#words, ((cell * this.#arena.stride) >> 2) + CELL_STATE, FREE);
    this.#free[this.#freeCount++] = cell;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #next(): number {
    if (this.#freeCount === 0) return -1;
    const parked = this.#free[--this.#freeCount]!;
    Atomics.load(this.#words, ((parked * this.#arena.stride) >> 2) + CELL_STATE); // what is stored next waits for the release
    const { header, ring } = this.#arena;
    if (parked - ring >= header[PARKED_MOST]!) header[PARKED_MOST] = parked - ring + 1;
    return parked;
  }
}
