// parked-query — a datagram that waits for its answer: in a cell of the arena or, when all are taken, in memory of its own.

import { CELL_ADDRESS, CELL_ADDRESS_LENGTH, CELL_PAYLOAD } from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { ZERO_TAIL } from '../handover/arena-words.ts';
import { Waiter } from '../upstream/waiter.ts';
import type { UdpContext } from './udp-context.ts';

/** The listener a query came by. */
export interface QueryListener {
  /** Its endpoint's place in the table. */
  readonly endpointIndex: number;
  /** Answers the query parked in `cell` and gives the cell back when the reply is on its way. */
  deliver(cell: number, length: number, entry: Entry, received: number, now: number): void;
  /** Composes the reply to the query in `cell`; it leaves when replies are flushed. */
  compose(cell: number, length: number, entry: Entry, received: number, now: number): void;
}

/** A client's address and the id of the query in the cell at `at`, and where it came to: the same for copies of a query. */
export function senderOf(memory: Uint8Array, at: number, endpointIndex: number): string {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset + at, CELL_PAYLOAD + 2);
  const addressEnd = CELL_ADDRESS + bytes.readInt32LE(4 * CELL_ADDRESS_LENGTH);
  return `${endpointIndex} ${bytes.toString('latin1', CELL_ADDRESS, addressEnd)}${bytes.readUInt16BE(CELL_PAYLOAD)}`;
}

export class ParkedQuery extends Waiter {
  readonly #listener: QueryListener;
  readonly #context: UdpContext;
  readonly #cell: number;

  constructor(listener: QueryListener, context: UdpContext, cell: number, length: number, received: number) {
    const { memory, stride } = context.arena;
    super(received, context.shares.of(memory, cell * stride + CELL_ADDRESS), length);
    this.#listener = listener;
    this.#context = context;
    this.#cell = cell;
  }

  get sender(): string {
    const { memory, stride } = this.#context.arena;
    return senderOf(memory, this.#cell * stride, this.#listener.endpointIndex);
  }

  inHand(): void {
    this.#context.journal.takeCell(this.#cell);
  }

  deliver(entry: Entry, now: number): void {
    this.#listener.deliver(this.#cell, this.length, entry, this.received, now);
  }
}

/** It is answered all the same, but dies with the process. How many may wait is limited where questions are asked, see flights. */
export class UnprotectedQuery extends Waiter {
  readonly #listener: QueryListener;
  readonly #context: UdpContext;
  /** The cell it was received into: header, message, zero bytes. */
  readonly #copy: Uint8Array;

  constructor(listener: QueryListener, context: UdpContext, cell: number, length: number, received: number) {
    const { memory, stride } = context.arena;
    const at = cell * stride;
    super(received, context.shares.of(memory, at + CELL_ADDRESS), length);
    this.#listener = listener;
    this.#context = context;
    this.#copy = memory.slice(at, at + CELL_PAYLOAD + length + ZERO_TAIL);
    context.counters.events.unprotectedQueries++;
  }

  get sender(): string {
    return senderOf(this.#copy, 0, this.#listener.endpointIndex);
  }

  /** No other process goes on with it, so none needs to know. */
  inHand(): void {}

  deliver(entry: Entry, now: number): void {
    const { arena, parking, replies } = this.#context;
    arena.memory.set(this.#copy, parking.spare * arena.stride);
    this.#listener.compose(parking.spare, this.length, entry, this.received, now);
    replies.flush(); // the next one needs the cell
  }
}
