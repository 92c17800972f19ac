// parked-query — a datagram that waits for its answer, in a slot of the arena.

import type { Entry } from '../cache/entry.ts';
import type { Waiter } from '../upstream/flights.ts';
import type { UdpContext, UdpListener } from './udp-listener.ts';

export class ParkedQuery implements Waiter {
  readonly received: number;
  readonly #listener: UdpListener;
  readonly #context: UdpContext;
  readonly #slot: number;
  readonly #length: number;

  constructor(listener: UdpListener, context: UdpContext, slot: number, length: number, received: number) {
    this.#listener = listener;
    this.#context = context;
    this.#slot = slot;
    this.#length = length;
    this.received = received;
  }

  inHand(): void {
    this.#context.journal.takeSlot(this.#slot);
  }

  deliver(entry: Entry, now: number): void {
    this.#listener.deliver(this.#slot, this.#length, entry, this.received, now);
  }

  abandon(): void {
    this.#context.parking.release(this.#slot);
  }
}
