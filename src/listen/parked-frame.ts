// parked-frame — a query of a TCP connection that waits for its answer; in the arena, so that it outlives the process.

import { CELL_PAYLOAD } from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { CONNECTION_TAG } from '../handover/arena-words.ts';
import { readUint16 } from '../message/message.ts';
import type { Query } from '../message/query.ts';
import { Waiter } from '../upstream/waiter.ts';
import type { TcpContext } from './tcp-context.ts';

/** The connection a frame came by. */
export interface FrameOwner {
  /** Its record, or -1. */
  readonly record: number;
  /** Which share of what clients may hold is its client's. */
  readonly share: number;
  /** The same for copies of a query, by its id. */
  senderOf(id: number): string;
  deliver(frame: ParkedFrame, entry: Entry, now: number): void;
}

export class ParkedFrame extends Waiter {
  /** The message lies in them from `start` for `length` bytes. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly #connection: FrameOwner;
  readonly #context: TcpContext;
  /** -1: there was no room, or the message is too long; it dies with the process then. */
  readonly #cell: number;

  constructor(connection: FrameOwner, context: TcpContext, query: Query, now: number) {
    super(now, connection.share, query.length);
    const { arena, counters, parking } = context;
    this.#connection = connection;
    this.#context = context;
    const { record } = connection;
    this.#cell =
      record < 0 ? -1 : parking.takeBytes(query.bytes, query.start, query.length, CONNECTION_TAG + record);
    if (this.#cell >= 0) {
      this.bytes = arena.memory;
      this.start = this.#cell * arena.stride + CELL_PAYLOAD;
    } else {
      counters.events.unprotectedQueries++;
      // Not by `slice`, which of a Buffer is no copy: the next connection is read into the same memory.
      this.bytes = new Uint8Array(query.bytes.subarray(query.start, query.start + query.length));
      this.start = 0;
    }
  }

  get sender(): string {
    return this.#connection.senderOf(readUint16(this.bytes, this.start));
  }

  inHand(): void {
    if (this.#cell >= 0) this.#context.journal.takeCell(this.#cell);
  }

  deliver(entry: Entry, now: number): void {
    this.inHand();
    this.#connection.deliver(this, entry, now);
    this.#context.journal.handsFree();
  }

  /** The answer to it is on its way, or will never be. */
  release(): void {
    if (this.#cell >= 0) this.#context.parking.release(this.#cell);
  }
}
