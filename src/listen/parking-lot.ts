// parking-lot — slots of the arena for queries that must wait; what is parked here outlives the process (a memfd).

import { type Arena, SLOT_PAYLOAD, SLOT_STATE } from 'node-reuseport';

/** SLOT_STATE of a parked slot; what is not FREE has not been answered. */
export const FREE = 0;
export const PARKED = 1;

/** The zero bytes behind a payload are copied with it. */
const ZERO_TAIL = 8;

export class ParkingLot {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(arena: Arena) {
    this.#arena = arena;
    const { memory } = arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.#freeCount = arena.slots - arena.ring;
    this.#free = Int32Array.from({ length: this.#freeCount }, (_, i) => arena.slots - 1 - i);
  }

  /** Slots taken. */
  get used(): number {
    return this.#free.length - this.#freeCount;
  }

  /** Copies the datagram in `slot` to a parked slot and returns that one's number, or -1 when all are taken. */
  take(slot: number, length: number): number {
    if (this.#freeCount === 0) return -1;
    const { memory, stride } = this.#arena;
    const parked = this.#free[--this.#freeCount]!;
    memory.copyWithin(parked * stride, slot * stride, slot * stride + SLOT_PAYLOAD + length + ZERO_TAIL);
    this.#words[((parked * stride) >> 2) + SLOT_STATE] = PARKED; // last: half a copy is none
    return parked;
  }

  /** Gives a slot back, after the reply to it was sent. */
  release(slot: number): void {
    this.#words[((slot * this.#arena.stride) >> 2) + SLOT_STATE] = FREE;
    this.#free[this.#freeCount++] = slot;
  }
}
