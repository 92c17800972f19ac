// udp-listener — one UDP socket of ours: batches in, batches out, queries that wait parked in the arena.

import {
  CELL_ADDRESS,
  CELL_HASH,
  CELL_LENGTH,
  CELL_PAYLOAD,
  CELL_STATE,
  describe,
  EAGAIN,
  formatAddress,
} from 'node-reuseport';
import { composeAnswer, REPLY_SLACK } from '../cache/compose-answer.ts';
import type { Entry } from '../cache/entry.ts';
import type { ReadyReply } from '../cache/ready-answers.ts';
import { rotatingIn } from '../cache/rotation.ts';
import { durationBucket, MOST_ZONES, observe } from '../counters.ts';
import { FREE, TRIED, ZERO_TAIL } from '../handover/arena-words.ts';
import type { ReplayManner } from '../handover/handover.ts';
import type { Watched } from '../loop/event-loop.ts';
import { dropCutOptions } from '../message/edns.ts';
import { HEADER_LENGTH, RCODE_MASK } from '../message/message.ts';
import { Query } from '../message/query.ts';
import { foldedName, rereadQuery } from '../message/question.ts';
import { composeError, composeUnseenFailure, LONGEST_ERROR } from '../message/reply.ts';
import type { DatagramClient } from '../serve.ts';
import type { Waiter } from '../upstream/waiter.ts';
import type { Audience } from '../zone/audience.ts';
import type { Peer } from '../zone/question.ts';
import { plain } from './connection-peer.ts';
import { FailingReads } from './failing-reads.ts';
import { ParkedQuery, type QueryListener, senderOf, UnprotectedQuery } from './parked-query.ts';
import type { UdpContext } from './udp-context.ts';

/** Under load the next batch has come by the time one is sent: asking the socket is cheaper than a turn of the loop. */
const BATCHES = 16;
/** After the first batch, milliseconds: cached answers take less, but 1,000 new names would take 30. */
const SLICE = 4;

export class UdpListener implements DatagramClient, QueryListener, Watched {
  readonly protocol = 0;
  readonly family: number;
  readonly address: string;
  readonly port: number;
  readonly #context: UdpContext;
  readonly #fd: number;
  /** Its endpoint's place in the table, by which readers of the arena know it. */
  readonly endpointIndex: number;
  audience: Audience;
  /** Undefined while it is not read. */
  #watchId: number | undefined;
  readonly #words: Int32Array;
  readonly #delivered = new Query();
  /** Answers of the batch by zone, for the durations. */
  readonly #answered: Int32Array;
  readonly #reply: ReadyReply;
  /** Where the datagram being answered lies. */
  #cell = 0;
  /** Whether it was longer than a cell. */
  #isCut = false;
  /** When the last batch was done: the end of one is the beginning of the next. */
  #ended = 0;
  #flushing = false;
  #stopped = false;
  readonly #failing: FailingReads;
  readonly #readsWord: number;

  /**
   * @param fd a bound socket; it stays its owner's
   * @param endpointIndex its endpoint's place in the table, for readers of the arena
   * @param readsWord of the journal, where what is read is counted; -1: it is not, being another instance's
   */
  constructor(fd: number, endpointIndex: number, context: UdpContext, readsWord = -1) {
    this.#readsWord = readsWord;
    this.#context = context;
    this.#fd = fd;
    this.endpointIndex = endpointIndex;
    const socket = describe(this.#fd);
    this.family = socket.family === 6 ? 1 : 0;
    this.address = socket.address;
    this.port = socket.port;
    this.audience = context.service.audienceAt(this.address, this.port);
    this.#failing = new FailingReads(context, () => this.begin());
    const { memory } = context.arena;
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.#answered = new Int32Array(MOST_ZONES);
    this.#reply = {
      words: this.#words,
      at: 0,
      queryLength: 0,
      hash: 0,
      outbox: context.replies.outbox,
      offset: 0,
      length: 0,
      freshUntil: 0,
      second: 0,
      counted: 0,
    };
  }

  /** Reads from now on what comes. */
  begin(): void {
    this.#stopped = false;
    this.#watchId ??= this.#context.loop.watchBusy(this.#fd, this);
  }

  /** Bytes as the kernel accounts them, now: a process that shares the socket may enlarge it. 0 when it has stopped. */
  get receiveBuffer(): number {
    return this.#stopped ? 0 : describe(this.#fd).receiveBuffer;
  }

  /** The last receive of a turn finds nothing, and so leaves no datagram of an earlier batch marked as unanswered. */
  ready(): void {
    const { resting } = this.#context;
    let started = this.#context.now();
    resting.begin(started);
    let until = Number.POSITIVE_INFINITY;
    try {
      for (let batch = 0; batch < BATCHES; batch++) {
        if (this.receive(started) === 0) {
          if (batch === 0) resting.missed();
          break;
        }
        started = this.#ended;
        if (started >= until) break;
        if (batch === 0) until = started + SLICE;
      }
    } finally {
      resting.end(started);
    }
  }

  /** Answers all that waits, which has an end: nothing new comes. */
  drain(): void {
    const { now, resting } = this.#context;
    resting.begin(now());
    try {
      while (this.receive() > 0);
    } finally {
      resting.end(now());
    }
  }

  /** Answers a batch; returns how many datagrams there were. @param started the clock, when it was just read */
  receive(started?: number): number {
    const { arena, cache, counters, journal, replies, service } = this.#context;
    journal.beginBatch();
    const count = arena.receive(this.#fd, this.endpointIndex);
    if (count <= 0) return this.#readNothing(-count);
    this.#failing.passed();
    const now = started ?? this.#context.now();
    journal.beat(now);
    journal.countRead(this.#readsWord);
    const second = Math.floor(now / 1000);
    const words = this.#words;
    counters.events.batches++;
    counters.events.datagrams += count;
    cache.warm(words, CELL_HASH, arena.stride >> 2, count);
    for (let cell = 0; cell < count; cell++) {
      const header = (cell * arena.stride) >> 2;
      const length = words[header + CELL_LENGTH]!;
      if (this.#isLoop(header)) continue;
      this.#cell = cell;
      const hash = words[header + CELL_HASH]!;
      if (!service.answerReady(this, words, header + (CELL_PAYLOAD >> 2), length, hash, second))
        this.#serve(length, now);
    }
    journal.handsFree();
    this.#context.tap.watcher?.batch(count); // its cells are written over by the next one
    replies.flush();
    this.#observe(now);
    return count;
  }

  /** Answers a datagram another process received and left. @param cell a copy of that one's, header and message */
  replay(cell: Uint8Array, length: number, manner: ReplayManner): void {
    const { arena, journal, replies } = this.#context;
    arena.memory.set(cell, 0); // outside of `receive` the ring is free
    this.#cell = 0;
    this.#words[CELL_STATE] = manner === 'plain' ? FREE : TRIED;
    if (manner === 'refused') this.#refuseUnseen(length);
    else this.#serve(length, this.#context.now());
    this.#words[CELL_STATE] = FREE;
    journal.handsFree();
    replies.flush();
    this.#answered.fill(0);
  }

  answerReady(offset: number, length: number, zone: number): void {
    this.#context.replies.addReady(this.#fd, this.#cell, offset, length);
    this.#answered[zone]! += 1;
  }

  answer(query: Query, entry: Entry, now: number, readyUntil: number, counted: number): void {
    const { arena, cache, replies, service } = this.#context;
    this.#compose(this.#cell, query, entry, now, 0);
    this.#answered[entry.zone]! += 1;
    const reply = this.#reply;
    reply.offset = replies.lastOffset;
    reply.length = replies.lastLength;
    reply.second = Math.floor(now / 1000);
    reply.freshUntil = Math.floor(readyUntil / 1000);
    // Answers that were cut and questions that never come twice the same are not worth keeping ready.
    const varies = query.hasOptions || this.#isCut || reply.length < entry.wire.length;
    const isArranged =
      service.zoneAt(entry.zone)?.rules?.order !== undefined &&
      rotatingIn(replies.outbox, reply.offset, entry.ttlOffsets).count > 0;
    if (isArranged) return;
    if (reply.freshUntil <= reply.second || varies || reply.length > arena.payload) return;
    const header = (this.#cell * arena.stride) >> 2;
    reply.at = header + (CELL_PAYLOAD >> 2);
    reply.queryLength = query.length;
    reply.hash = this.#words[header + CELL_HASH]!;
    reply.counted = counted;
    cache.makeReady(entry, reply);
  }

  refuse(query: Query, rcode: number, zone: number): void {
    const { replies, service } = this.#context;
    const offset = replies.reserve(this.#fd, LONGEST_ERROR);
    replies.addComposed(this.#cell, composeError(query, rcode, -1, replies.outbox, offset));
    this.#answered[zone]! += 1;
    this.#count(zone, rcode);
    service.tell(zone, query, replies, this, this.#context.now(), 0);
  }

  moveAudience(): void {
    this.audience = this.#context.service.audienceAt(this.address, this.port);
  }

  peer(): Peer {
    return this.#peerOf(this.#cell);
  }

  get share(): number {
    const { arena, shares } = this.#context;
    return shares.of(arena.memory, this.#cell * arena.stride + CELL_ADDRESS);
  }

  sender(): string {
    const { arena } = this.#context;
    return senderOf(arena.memory, this.#cell * arena.stride, this.endpointIndex);
  }

  park(query: Query, now: number): Waiter {
    const parked = this.#context.parking.take(this.#cell, query.length);
    if (parked >= 0) return new ParkedQuery(this, this.#context, parked, query.length, now);
    return new UnprotectedQuery(this, this.#context, this.#cell, query.length, now);
  }

  /** Replies to several parked queries leave together when the turn ends. */
  deliver(cell: number, length: number, entry: Entry, received: number, now: number): void {
    const { loop, replies } = this.#context;
    this.compose(cell, length, entry, received, now);
    replies.releaseWhenSent(cell);
    if (this.#flushing) return;
    this.#flushing = true;
    loop.later(() => {
      this.#flushing = false;
      replies.flush();
    });
  }

  compose(cell: number, length: number, entry: Entry, received: number, now: number): void {
    const { arena, counters, journal } = this.#context;
    const query = this.#delivered;
    journal.takeCell(cell);
    rereadQuery(query, arena.memory, cell * arena.stride + CELL_PAYLOAD, length);
    this.#compose(cell, query, entry, now, now - received);
    if (entry.kind === 'failure')
      this.#context.tap.watcher?.failed(this.#peerOf(cell).address, foldedName(query));
    journal.handsFree();
    observe(counters.zones[entry.zone]!, now - received);
  }

  /** Reads no more; what has been composed is sent. Harmless when it has stopped. */
  stop(): void {
    this.#stopped = true;
    this.#context.replies.flush();
    this.#failing.stop();
    this.#unwatch();
  }

  /** Since when it could not be read; undefined when it can. */
  get failingSince(): number | undefined {
    return this.#failing.since;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #unwatch(): void {
    if (this.#watchId !== undefined) this.#context.loop.unwatch(this.#fd, this.#watchId);
    this.#watchId = undefined;
  }

  #readNothing(errno: number): 0 {
    if (errno === 0 || errno === EAGAIN || this.#stopped) this.#failing.passed();
    else {
      this.#unwatch();
      this.#failing.failed();
    }
    return 0;
  }

  /** One datagram that throws must not cost the rest of its batch the answer. */
  #serve(length: number, now: number): void {
    const { arena, journal, service, onPanic } = this.#context;
    const cell = this.#cell;
    const start = cell * arena.stride + CELL_PAYLOAD;
    journal.takeCell(cell);
    this.#isCut = length > arena.payload;
    try {
      service.answer(this, arena.memory, start, this.#isCut ? this.#shorten(cell) : length, now);
    } catch (error) {
      onPanic(error);
    }
  }

  /** Of a datagram longer than a cell its options are missing: it is a query without them from now on, also where it waits. */
  #shorten(cell: number): number {
    const { memory, payload, stride } = this.#context.arena;
    const at = cell * stride;
    const length = dropCutOptions(memory, at + CELL_PAYLOAD, payload);
    memory.fill(0, at + CELL_PAYLOAD + length, at + CELL_PAYLOAD + length + ZERO_TAIL);
    this.#words[(at >> 2) + CELL_LENGTH] = length;
    return length;
  }

  #refuseUnseen(length: number): void {
    const { arena, counters, replies } = this.#context;
    if (length < HEADER_LENGTH) return;
    const kept = Math.min(length, arena.payload);
    const offset = replies.reserve(this.#fd, kept);
    replies.addComposed(0, composeUnseenFailure(arena.memory, CELL_PAYLOAD, kept, replies.outbox, offset));
    counters.events.suspectsRefused++;
  }

  #compose(cell: number, query: Query, entry: Entry, now: number, took: number): void {
    const { replies, service, udpSize } = this.#context;
    const zone = service.zoneAt(entry.zone);
    const rules = zone?.rules;
    const most = Math.min(query.udpSize, udpSize);
    const limit = rules === undefined ? most : Math.min(most, rules.udpSize);
    const offset = replies.reserve(this.#fd, Math.min(entry.wire.length + REPLY_SLACK, limit));
    replies.addComposed(cell, composeAnswer(entry, query, replies.outbox, offset, limit, now, rules));
    this.#count(entry.zone, entry.rcode);
    if (zone?.queryLog !== undefined) this.#tell(cell, query, zone.index, now, took);
  }

  /** Apart, so that composing allocates nothing. */
  #tell(cell: number, query: Query, zone: number, now: number, took: number): void {
    const { replies, service } = this.#context;
    service.tell(zone, query, replies, { peer: () => this.#peerOf(cell) }, now, took);
  }

  #peerOf(cell: number): Peer {
    const { memory, stride } = this.#context.arena;
    const client = formatAddress(memory, cell * stride + CELL_ADDRESS);
    const { address, port } = this;
    return { ...plain(client), server: plain({ address, port }), transport: 'udp' };
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

  /** Two servers would answer each other for ever: an honest client has neither port 0 nor our own address and port. */
  #isLoop(header: number): boolean {
    const bytes = this.#context.arena.memory;
    const at = (header << 2) + CELL_ADDRESS;
    const port = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (port !== 0 && (port !== this.port || formatAddress(bytes, at).address !== this.address)) return false;
    this.#context.counters.events.droppedLoops++;
    return true;
  }
}
