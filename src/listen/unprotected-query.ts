// unprotected-query — a datagram that waits for its answer while all slots of the arena are taken: it is answered all the
// same, but dies with the process. How many may wait is limited where questions are asked, see flights.

import { SLOT_PAYLOAD } from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { ZERO_TAIL } from '../handover/arena-words.ts';
import type { Waiter } from '../upstream/flights.ts';
import type { UdpContext, UdpListener } from './udp-listener.ts';

export class UnprotectedQuery implements Waiter {
  readonly received: number;
  readonly #listener: UdpListener;
  readonly #context: UdpContext;
  /** Its slot: header, message, zero bytes. */
  readonly #copy: Uint8Array;
  readonly #length: number;

  constructor(listener: UdpListener, context: UdpContext, slot: number, length: number, received: number) {
    const { memory, stride } = context.arena;
    const at = slot * stride;
    this.#listener = listener;
    this.#context = context;
    this.#copy = memory.slice(at, at + SLOT_PAYLOAD + length + ZERO_TAIL);
    this.#length = length;
    this.received = received;
    context.counters.events.unprotectedQueries++;
  }

  /** Nobody goes on with it, so nobody needs to know. */
  inHand(): void {}

  deliver(entry: Entry, now: number): void {
    const { arena, parking, replies } = this.#context;
    arena.memory.set(this.#copy, parking.spare * arena.stride);
    this.#listener.compose(parking.spare, this.#length, entry, this.received, now);
    replies.flush(); // the next one needs the slot
  }

  abandon(): void {}
}
