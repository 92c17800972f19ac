// udp-listener — one UDP socket of ours: batches in, batches out, queries that wait parked in the arena.

import {
  describe,
  formatAddress,
  SLOT_ADDRESS,
  SLOT_HASH,
  SLOT_LENGTH,
  SLOT_PAYLOAD,
  SLOT_STATE,
} from 'node-reuseport';
import { composeAnswer, REPLY_SLACK } from '../cache/compose-answer.ts';
import type { Entry } from '../cache/entry.ts';
import { durationBucket } from '../counters.ts';
import { FREE, TRIED } from '../handover/arena-words.ts';
import type { Watched } from '../loop/event-loop.ts';
import { HEADER_LENGTH, MAX_UDP, RCODE_MASK } from '../message/message.ts';
import { Query } from '../message/query.ts';
import { rereadQuery } from '../message/question.ts';
import { composeError, composeUnseenFailure } from '../message/reply.ts';
import type { Client } from '../serve.ts';
import type { Waiter } from '../upstream/flight.ts';
import { ParkedQuery, type QueryListener, UnprotectedQuery } from './parked-query.ts';
import type { UdpContext } from './udp-context.ts';

/** Under load the next batch has come by the time one is sent: asking the socket is cheaper than a turn of the loop. */
const BATCHES = 16;

export class UdpListener implements Client, QueryListener, Watched {
  readonly protocol = 0;
  readonly family: number;
  readonly address: string;
  readonly port: number;
  readonly #context: UdpContext;
  readonly #fd: number;
  /** Which listen address it is; readers of the arena know it by this. */
  readonly tag: number;
  /** Undefined while it is not read. */
  #watchTag: number | undefined;
  readonly #words: Int32Array;
  readonly #delivered = new Query();
  /** Answers of the batch by zone, for the durations. */
  readonly #answered: Int32Array;
  #slot = 0;
  /** When the last batch was done: the end of one is the beginning of the next. */
  #ended = 0;
  #flushing = false;
  #stopped = false;

  /** @param fd a bound socket; it stays its owner's  @param tag which listen address it is, for who reads the arena */
  constructor(fd: number, tag: number, context: UdpContext) {
    this.#context = context;
    this.#fd = fd;
    this.tag = tag;
    const socket = describe(this.#fd);
    this.family = socket.family === 6 ? 1 : 0;
    this.address = socket.address;
    this.port = socket.port;
    const { memory } = context.arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.#answered = new Int32Array(context.counters.zones.length);
  }

  /** Reads from now on what comes. */
  begin(): void {
    this.#stopped = false;
    this.#watchTag ??= this.#context.loop.watchBusy(this.#fd, this);
  }

  /** Bytes as the kernel accounts them, now: who shares the socket may enlarge it. 0 when it has stopped. */
  get receiveBuffer(): number {
    return this.#stopped ? 0 : describe(this.#fd).receiveBuffer;
  }

  /** The last receive of a turn finds nothing, and so leaves no datagram of an earlier batch marked as unanswered. */
  ready(): void {
    let started: number | undefined;
    for (let batch = 0; batch < BATCHES && this.receive(started) > 0; batch++) started = this.#ended;
  }

  /** Answers a batch; returns how many datagrams there were. @param started the clock, when it was just read */
  receive(started?: number): number {
    const { arena, counters, journal, ready, replies } = this.#context;
    const count = arena.receive(this.#fd, this.tag);
    if (count <= 0) return 0;
    const now = started ?? this.#context.now();
    journal.beat(now);
    const second = Math.floor(now / 1000);
    const words = this.#words;
    counters.events.batches++;
    counters.events.datagrams += count;
    ready.warm(words, SLOT_HASH, arena.stride >> 2, count);
    for (let slot = 0; slot < count; slot++) {
      const header = (slot * arena.stride) >> 2;
      const length = words[header + SLOT_LENGTH]!;
      if (this.#isLoop(header)) continue;
      const record = ready.find(
        words,
        header + (SLOT_PAYLOAD >> 2),
        length,
        words[header + SLOT_HASH]!,
        second,
      );
      if (record >= 0) this.#answerReady(slot, record);
      else this.#serve(slot, Math.min(length, arena.payload), now);
    }
    journal.handsFree();
    replies.flush();
    this.#observe(now);
    return count;
  }

  /**
   * Answers a datagram another process received and left: `slot` is a slot of that one's arena, header and payload.
   * @param again that process had it in hand when it stopped  @param unseen it is refused without a look at it
   */
  replay(slot: Uint8Array, length: number, again: boolean, unseen: boolean): void {
    const { arena, journal, replies } = this.#context;
    arena.memory.set(slot, 0); // outside of `receive` the ring is free
    this.#words[SLOT_STATE] = again ? TRIED : FREE;
    if (unseen) this.#refuseUnseen(length);
    else this.#serve(0, length, this.#context.now());
    this.#words[SLOT_STATE] = FREE;
    journal.handsFree();
    replies.flush();
    this.#answered.fill(0);
  }

  answer(query: Query, entry: Entry, now: number, readyUntil: number, counted: number): void {
    const { arena, ready, replies } = this.#context;
    const offset = this.#compose(this.#slot, query, entry, now);
    const length = replies.lastLength;
    this.#answered[entry.route]! += 1;
    const untilSecond = Math.floor(readyUntil / 1000);
    const second = Math.floor(now / 1000);
    // Cut answers and questions that never come twice the same are not worth keeping ready.
    if (untilSecond <= second || query.hasOptions || length < entry.wire.length || length > arena.payload)
      return;
    const header = (this.#slot * arena.stride) >> 2;
    const use =
      entry.route | (counted << 8) | (entry.rcode << 16) | ((entry.kind === 'success' ? 0 : 1) << 20);
    const payload = header + (SLOT_PAYLOAD >> 2);
    const hash = this.#words[header + SLOT_HASH]!;
    ready.put(
      this.#words,
      payload,
      query.length,
      hash,
      entry,
      replies.outbox,
      offset,
      length,
      untilSecond,
      second,
      use,
    );
  }

  refuse(query: Query, rcode: number, zone: number): void {
    const { replies } = this.#context;
    const offset = replies.reserve(this.#fd, MAX_UDP);
    replies.addComposed(this.#slot, composeError(query, rcode, -1, replies.outbox, offset));
    this.#answered[zone]! += 1;
    this.#count(zone, rcode);
  }

  park(query: Query, now: number): Waiter {
    const parked = this.#context.parking.take(this.#slot, query.length);
    if (parked >= 0) return new ParkedQuery(this, this.#context, parked, query.length, now);
    return new UnprotectedQuery(this, this.#context, this.#slot, query.length, now);
  }

  /** Replies to several parked queries leave together when the turn ends. */
  deliver(slot: number, length: number, entry: Entry, received: number, now: number): void {
    const { loop, replies } = this.#context;
    this.compose(slot, length, entry, received, now);
    replies.releaseWhenSent(slot);
    if (this.#flushing) return;
    this.#flushing = true;
    loop.later(() => {
      this.#flushing = false;
      replies.flush();
    });
  }

  compose(slot: number, length: number, entry: Entry, received: number, now: number): void {
    const { arena, counters, journal } = this.#context;
    const query = this.#delivered;
    journal.takeSlot(slot);
    rereadQuery(query, arena.memory, slot * arena.stride + SLOT_PAYLOAD, length);
    this.#compose(slot, query, entry, now);
    journal.handsFree();
    const zone = counters.zones[entry.route]!;
    zone.durations[durationBucket(now - received)]! += 1;
    zone.durationSum[0]! += (now - received) / 1000;
  }

  /** Reads no more; what has been composed is sent. Harmless when it has stopped. */
  stop(): void {
    this.#stopped = true;
    this.#context.replies.flush();
    if (this.#watchTag !== undefined) this.#context.loop.unwatch(this.#fd, this.#watchTag);
    this.#watchTag = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #answerReady(slot: number, record: number): void {
    const { counters, ready, replies } = this.#context;
    replies.addReady(this.#fd, slot, ready.replyOffset(record), ready.replyLength(record));
    const use = ready.counted(record);
    const zoneIndex = use & 0xff;
    const zone = counters.zones[zoneIndex]!;
    zone.requests[(use >>> 8) & 0xff]! += 1;
    zone.cacheHits[(use >>> 20) & 1]! += 1;
    zone.responses[(use >>> 16) & RCODE_MASK]! += 1;
    this.#answered[zoneIndex]! += 1;
    counters.events.readyAnswers++;
  }

  /** One datagram that throws must not cost the rest of its batch the answer. */
  #serve(slot: number, length: number, now: number): void {
    const { arena, journal, service, onPanic } = this.#context;
    this.#slot = slot;
    journal.takeSlot(slot);
    try {
      service.answer(this, arena.memory, slot * arena.stride + SLOT_PAYLOAD, length, now);
    } catch (error) {
      onPanic(error);
    }
  }

  #refuseUnseen(length: number): void {
    const { arena, counters, replies } = this.#context;
    if (length < HEADER_LENGTH) return;
    const offset = replies.reserve(this.#fd, length);
    replies.addComposed(0, composeUnseenFailure(arena.memory, SLOT_PAYLOAD, length, replies.outbox, offset));
    counters.events.suspectsRefused++;
  }

  /** Returns the reply's offset in the outbox. */
  #compose(slot: number, query: Query, entry: Entry, now: number): number {
    const { replies } = this.#context;
    const offset = replies.reserve(this.#fd, entry.wire.length + REPLY_SLACK);
    replies.addComposed(
      slot,
      composeAnswer(entry, query, replies.outbox, offset, Math.min(query.udpSize, MAX_UDP), now),
    );
    this.#count(entry.route, entry.rcode);
    return offset;
  }

  #count(zone: number, rcode: number): void {
    this.#context.counters.zones[zone]!.responses[rcode & RCODE_MASK]! += 1;
  }

  /** All answers of a batch took as long as the batch: a clock read a query would cost more than it tells. */
  #observe(started: number): void {
    this.#ended = this.#context.now();
    const took = this.#ended - started;
    const bucket = durationBucket(took);
    const { zones } = this.#context.counters;
    for (let i = 0; i < zones.length; i++) {
      const answers = this.#answered[i]!;
      if (answers === 0) continue;
      zones[i]!.durations[bucket]! += answers;
      zones[i]!.durationSum[0]! += (answers * took) / 1000;
      this.#answered[i] = 0;
    }
  }

  /** Two servers answering each other for ever: nobody honest asks from port 0 or from our own address and port. */
  #isLoop(header: number): boolean {
    const bytes = this.#context.arena.memory;
    const at = (header << 2) + SLOT_ADDRESS;
    const port = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (port !== 0 && (port !== this.port || formatAddress(bytes, at).address !== this.address)) return false;
    this.#context.counters.events.droppedLoops++;
    return true;
  }
}
