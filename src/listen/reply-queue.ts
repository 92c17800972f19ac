// reply-queue — replies composed in the arena's outbox, or lying ready, until one system call sends them all.

import { type Arena, REGION_ATTACHED, REGION_OUTBOX, REPLY_WORDS } from 'node-reuseport';
import type { Counters } from '../counters.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import { type HeldReplies, replyBytes } from './held-replies.ts';

export class ReplyQueue {
  /** Where replies are composed, from what `reserve` returned. */
  readonly outbox: Buffer;
  /** Where the reply composed last lies in it. */
  lastOffset = 0;
  lastLength = 0;
  readonly #arena: Arena;
  readonly #parking: ParkedCells;
  readonly #events: Counters['events'];
  readonly #ready: Uint8Array;
  readonly #held: HeldReplies;
  readonly #sentFrom: number[] = [];
  #fd = -1;
  #count = 0;
  #used = 0;

  /** @param ready the bytes attached to the arena */
  constructor(
    arena: Arena,
    parking: ParkedCells,
    events: Counters['events'],
    ready: Uint8Array,
    held: HeldReplies,
  ) {
    const { buffer, byteOffset, byteLength } = arena.outbox;
    this.outbox = Buffer.from(buffer, byteOffset, byteLength);
    this.#arena = arena;
    this.#parking = parking;
    this.#events = events;
    this.#ready = ready;
    this.#held = held;
    held.flush = () => this.flush();
  }

  /** Offset in `outbox` with room for `bytes`; sends what is queued when there is none, or when it is another socket's. */
  reserve(fd: number, bytes: number): number {
    if (this.#fd !== fd || this.#count === this.#arena.capacity || this.#used + bytes > this.outbox.length) {
      this.flush();
      this.#fd = fd;
    }
    return this.#used;
  }

  /** Queues what was composed where `reserve` said, for the sender of the datagram in `cell`. */
  addComposed(cell: number, length: number): void {
    this.#add(cell, REGION_OUTBOX, this.#used, length);
    this.lastOffset = this.#used;
    this.lastLength = length;
    this.#used += length;
  }

  /** Queues bytes of the region attached to the arena, with the id of the datagram in `cell`. */
  addReady(fd: number, cell: number, offset: number, length: number): void {
    this.reserve(fd, 0);
    this.#add(cell, REGION_ATTACHED, offset, length);
  }

  /** Sends what is queued if any of it lies ready in these bytes, which are about to be written. */
  flushWithin(from: number, to: number): void {
    const { replies } = this.#arena;
    for (let at = 0; at < this.#count * REPLY_WORDS; at += REPLY_WORDS) {
      const offset = replies[at + 2]!;
      if (replies[at + 1] === REGION_ATTACHED && offset < to && from < offset + replies[at + 3]!)
        return this.flush();
    }
  }

  /** Gives `cell` back when the reply to it is on its way: its address is needed until then. */
  releaseWhenSent(cell: number): void {
    this.#sentFrom.push(cell);
  }

  flush(): void {
    if (this.#count > 0) this.#send();
    this.#count = 0;
    this.#used = 0;
    while (this.#sentFrom.length > 0) this.#parking.release(this.#sentFrom.pop()!);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #send(): void {
    const sent = this.#arena.send(this.#fd, this.#count);
    if (sent < 0) return this.#hold(this.#count + sent);
    this.#events.sendErrors += this.#count - sent;
    if (sent > 0) this.#held.passed();
  }

  /** Keeps what the kernel had no room for, from that record on. */
  #hold(first: number): void {
    const { replies } = this.#arena;
    if (first > 0) this.#held.passed();
    const kept = new Set<number>();
    for (let at = first * REPLY_WORDS; at < this.#count * REPLY_WORDS; at += REPLY_WORDS) {
      const [cell, region, offset, length] = replies.subarray(at, at + REPLY_WORDS) as unknown as number[];
      const from = region === REGION_ATTACHED ? this.#ready : this.outbox;
      if (this.#held.hold(this.#fd, cell!, replyBytes(this.#arena, from, cell!, offset!, length!)))
        kept.add(cell!);
    }
    const others = this.#sentFrom.filter((cell) => !kept.has(cell));
    this.#sentFrom.splice(0, this.#sentFrom.length, ...others);
  }

  #add(cell: number, region: number, offset: number, length: number): void {
    const { replies } = this.#arena;
    const at = this.#count++ * REPLY_WORDS;
    replies[at] = cell;
    replies[at + 1] = region;
    replies[at + 2] = offset;
    replies[at + 3] = length;
  }
}
