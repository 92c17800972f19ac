// parked-query — a datagram that waits for its answer: in a cell of the arena or, when all are taken, in memory of its own.

import { CELL_PAYLOAD } from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { ZERO_TAIL } from '../handover/arena-words.ts';
import type { Waiter } from '../upstream/flight.ts';
import type { UdpContext } from './udp-context.ts';

/** The listener a query came by. */
export interface QueryListener {
  /** Answers the query parked in `cell` and gives the cell back when the reply is on its way. */
  deliver(cell: number, length: number, entry: Entry, received: number, now: number): void;
  /** Composes the reply to the query in `cell`; it leaves when replies are flushed. */
  compose(cell: number, length: number, entry: Entry, received: number, now: number): void;
}

export class ParkedQuery implements Waiter {
  readonly received: number;
  readonly #listener: QueryListener;
  readonly #context: UdpContext;
  readonly #cell: number;
  readonly #length: number;

  constructor(listener: QueryListener, context: UdpContext, cell: number, length: number, received: number) {
    this.#listener = listener;
    this.#context = context;
    this.#cell = cell;
    this.#length = length;
    this.received = received;
  }

  inHand(): void {
    this.#context.journal.takeCell(this.#cell);
  }

  deliver(entry: Entry, now: number): void {
    this.#listener.deliver(this.#cell, this.#length, entry, this.received, now);
  }

  abandon(): void {
    this.#context.parking.release(this.#cell);
  }
}

/** It is answered all the same, but dies with the process. How many may wait is limited where questions are asked, see flights. */
export class UnprotectedQuery implements Waiter {
  readonly received: number;
  readonly #listener: QueryListener;
  readonly #context: UdpContext;
  /** The cell it was received into: header, message, zero bytes. */
  readonly #copy: Uint8Array;
  readonly #length: number;

  constructor(listener: QueryListener, context: UdpContext, cell: number, length: number, received: number) {
    const { memory, stride } = context.arena;
    const at = cell * stride;
    this.#listener = listener;
    this.#context = context;
    this.#copy = memory.slice(at, at + CELL_PAYLOAD + length + ZERO_TAIL);
    this.#length = length;
    this.received = received;
    context.counters.events.unprotectedQueries++;
  }

  /** No other process goes on with it, so none needs to know. */
  inHand(): void {}

  deliver(entry: Entry, now: number): void {
    const { arena, parking, replies } = this.#context;
    arena.memory.set(this.#copy, parking.spare * arena.stride);
    this.#listener.compose(parking.spare, this.#length, entry, this.received, now);
    replies.flush(); // the next one needs the cell
  }

  abandon(): void {}
}
