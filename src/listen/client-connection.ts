// client-connection — a client's TCP connection: queries pipelined, answers in the order they are ready (RFC 7766).
//
// Queries stay in the kernel until they are answered or parked; so at any moment another process that holds the connection
// can go on with it:   peek ─► answer or park each whole query ─► write ─► discard what was peeked

import {
  bufferedMemory,
  CELL_PAYLOAD,
  close,
  EAGAIN,
  ERROR,
  ESTALE,
  HANGUP,
  isUrgent,
  READ_HANGUP,
  READABLE,
  WRITABLE,
} from 'node-reuseport';
import type { Entry } from '../cache/entry.ts';
import { CLOSED, GIVEN } from '../handover/arena-words.ts';
import type { Passing, Position } from '../handover/connection-backup.ts';
import type { ReplayManner, SharedConnection, Unanswered } from '../handover/handover.ts';
import { HEADER_LENGTH, readUint16 } from '../message/message.ts';
import { Query } from '../message/query.ts';
import { foldedName, rereadQuery } from '../message/question.ts';
import type { Client } from '../serve.ts';
import type { Waiter } from '../upstream/waiter.ts';
import type { Audience } from '../zone/audience.ts';
import type { Peer } from '../zone/question.ts';
import { AnswerStream } from './answer-stream.ts';
import { peerOfConnection } from './connection-peer.ts';
import { ConnectionReplies } from './connection-replies.ts';
import type { SourcedConnection } from './connection-sources.ts';
import { overdue } from './overdue.ts';
import { ParkedFrame } from './parked-frame.ts';
import type { ConnectionKeeper, TcpContext } from './tcp-context.ts';
import type { TurnTaker } from './turns.ts';
import { PREFIX, Unread } from './unread.ts';
import { WaitingFrames } from './waiting-frames.ts';

/** Answers not taken by the client, in bytes, above which nothing more is read from it. */
const BACKLOG_PAUSE = 64 << 10;
/** Bytes of memory that the kernel may keep of a connection that has ended. */
const UNREAD = 64 << 10;
/** Queries answered in a turn. */
const QUERIES = 16;
/** Turns taken at once by a connection that is about to be passed on: none may come after. */
const LAST_TURNS = 64;
const READING: number = READABLE | READ_HANGUP;

const delivered = new Query();
let opened = 0;

export class ClientConnection implements Client, SharedConnection, SourcedConnection, TurnTaker {
  readonly protocol = 1;
  readonly family: number;
  readonly fd: number;
  audience: Audience;
  /** Its record, which a taker goes on from, or -1. */
  readonly record: number;
  readonly share: number;
  readonly #serial = ++opened; // no other connection has, or had, it
  readonly #watchId: number;
  readonly #context: TcpContext;
  readonly #unread: Unread;
  readonly #answers: AnswerStream;
  readonly #replies: ConnectionReplies;
  readonly #keeper: ConnectionKeeper;
  /** When a query or an answer came last, milliseconds of the monotonic clock. */
  active: number;
  readonly #waiting = new WaitingFrames();
  #halfClosed = false;
  #ended = false;
  #flags = READING;
  /** What it was told to be ready for since its last turn. */
  #pending = 0;
  /** There may be queries that the last turn did not come to. */
  #hasMore = false;
  #serving = false;
  /** Another process has it; and queries were unanswered when it ended. */
  #given = false;
  #owes = false;
  #suspectAt: number;

  constructor(
    fd: number,
    family: number,
    share: number,
    record: number,
    context: TcpContext,
    keeper: ConnectionKeeper,
    position: Position | undefined,
  ) {
    this.fd = fd;
    this.family = family;
    this.share = share;
    this.record = record;
    this.#context = context;
    this.audience = context.service.audienceOfConnection(fd);
    this.#keeper = keeper;
    this.active = context.now();
    this.#suspectAt = position?.suspectAt ?? -1;
    this.#unread = new Unread(fd, record, context.ownership, position !== undefined);
    this.#answers = new AnswerStream(fd, record, context, position?.written ?? 0);
    this.#replies = new ConnectionReplies(this, this.#answers, context);
    this.#watchId = context.loop.watchPatiently(fd, READING, this);
    if (position === undefined) return;
    if (position.backlog !== undefined) this.#answers.owe(position.backlog);
    this.#watch();
  }

  /** Whether another process could go on with it as it is. */
  get canBeTold(): boolean {
    return !this.#unread.hasTaken;
  }

  /** Whether no query of it waits, and no answer. */
  get isIdle(): boolean {
    return this.#waiting.count === 0 && this.#answers.behind === 0;
  }

  ready(flags: number): void {
    this.#pending |= flags;
    this.#keeper.ready();
  }

  takeTurn(): boolean {
    const flags = this.#pending;
    this.#pending = 0;
    this.#hasMore = false;
    if (!this.#ended && !this.#context.ownership.lost()) this.#goOn(flags);
    if (this.#hasMore) this.#pending |= flags & ~WRITABLE;
    return this.#hasMore;
  }

  /** Tells the backup what the client has not read yet. */
  keepBehind(): void {
    this.#answers.keep();
  }

  answer(query: Query, entry: Entry, now: number): void {
    if (!this.#replies.answer(query, entry, now, 0)) this.end('reset');
  }

  refuse(query: Query, rcode: number, zone: number): void {
    if (!this.#replies.refuse(query, rcode, zone)) this.end('reset');
  }

  sender(query: Query): string {
    return this.senderOf(readUint16(query.bytes, query.start));
  }

  moveAudience(): void {
    this.audience = this.#context.service.audienceOfConnection(this.fd);
  }

  peer(): Peer {
    return peerOfConnection(this.fd);
  }

  senderOf(id: number): string {
    return `tcp ${this.#serial} ${id}`;
  }

  park(query: Query, now: number): Waiter {
    this.#waiting.add(query.length);
    return new ParkedFrame(this, this.#context, query, now);
  }

  /** Answers a query that came by this connection to another process. */
  replay({ cell, length }: Unanswered, manner: ReplayManner): void {
    if (this.#ended) return;
    this.#serving = true;
    if (manner === 'refused') this.#refuseUnseen(cell, CELL_PAYLOAD, length);
    else this.#serve(cell, CELL_PAYLOAD, length, this.#context.now());
    this.#serving = false;
    this.#finish(0);
  }

  /** Answers a query that was parked; called by it. */
  deliver(frame: ParkedFrame, entry: Entry, now: number): void {
    if (!this.#ended) {
      this.active = now;
      rereadQuery(delivered, frame.bytes, frame.start, frame.length);
      if (entry.kind === 'failure')
        this.#context.tap.watcher?.failed(this.peer().address, foldedName(delivered));
      if (!this.#replies.answer(delivered, entry, now, now - frame.received)) this.end('reset');
    }
    this.#waiting.remove(frame.length); // not before: while it composes it may find that it has to let go
    if (this.#ended) {
      this.#context.release(frame, this.#given);
      return this.#forgetRecord();
    }
    this.#answers.afterwards(frame);
    if (!this.#serving) this.#finish(0);
  }

  /** Ends it when it is past one of its time limits. */
  sweep(now: number): void {
    if (this.#ended) return;
    const { behind, behindSince } = this.#answers;
    const { unfinishedSince } = this.#unread;
    const reason = overdue(
      { behind, behindSince, unfinishedSince, waiting: this.#waiting.count, active: this.active },
      now,
    );
    if (reason === undefined) return;
    this.#context.counters.events[reason]++;
    this.endIdle();
  }

  /** Answers what has come, and passes it on, or ends it, if nothing is left to answer. */
  endIfIdle(pass: (fd: number) => Passing): void {
    for (let turns = 0; this.#flags & READABLE && turns < LAST_TURNS; turns++) {
      this.#read('leaving');
      if (!this.#hasMore) break;
    }
    if (this.#ended || this.#waiting.count > 0 || this.#answers.behind > 0) return;
    const passing = this.#halfClosed || !this.canBeTold ? 'kept' : pass(this.fd);
    if (passing === 'passed') this.#letGo(CLOSED);
    else if (passing === 'kept') this.end();
  }

  /** @param how reset: its client does not read, and the kernel would keep for minutes what that has not got */
  end(how: 'shutdown' | 'reset' = 'shutdown'): void {
    if (this.#ended) return;
    const { ownership } = this.#context;
    if (!ownership.enter(this.record) || ownership[how](this.record, this.fd) === -ESTALE) return;
    this.#letGo(CLOSED);
    ownership.leave();
  }

  /** Ends it where no query and no answer has come for a while. */
  endIdle(): void {
    this.end(this.#answers.behind > 0 || bufferedMemory(this.fd) > UNREAD ? 'reset' : 'shutdown');
  }

  /** Leaves it as it is. */
  pause(): void {
    this.#context.loop.unwatch(this.fd, this.#watchId);
    this.#ended = true;
  }

  /** Another process has it now: nothing the client could notice is done. @param keep closes or keeps it */
  relinquish(keep: (fd: number, record: number) => void): void {
    this.#given = true;
    if (!this.#ended) this.#letGo(GIVEN, keep);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #goOn(flags: number): void {
    if (flags & ERROR || (flags & HANGUP && this.#halfClosed)) return this.end();
    if (flags & WRITABLE) this.#settle(this.#answers.resume());
    if (flags & ~WRITABLE && !this.#ended && this.#flags & READABLE)
      this.#read(flags & READ_HANGUP ? 'last' : 'woken');
  }

  #letGo(state: number, keep: (fd: number, record: number) => void = close): void {
    const isBehind = this.#answers.behind > 0; // what its client has not read is lost with it
    this.#ended = true;
    this.#owes = this.#waiting.count > 0 || this.#answers.owes;
    this.#context.loop.unwatch(this.fd, this.#watchId);
    this.#answers.end(state);
    if (isBehind) close(this.fd);
    else keep(this.fd, this.record);
    this.#keeper.ended();
    this.#forgetRecord();
  }

  /** The record names parked queries, too, so it is kept until there is none: used again, it would name another client. */
  #forgetRecord(): void {
    if (this.#ended && this.#waiting.count === 0 && this.record >= 0)
      this.#context.forget(this.record, this.#given && this.#owes);
  }

  /**
   * Answers some queries, and notes whether there may be more.
   * @param why we were woken; by the client's last bytes; or we leave, and look what has come
   */
  #read(why: 'woken' | 'last' | 'leaving'): void {
    const { journal } = this.#context;
    const unread = this.#unread;
    const length = unread.peek();
    this.#hasMore = false;
    if (length === -EAGAIN) return;
    if (length < 0) return this.end();
    if (length === 0) return this.#endOfQueries();
    if (unread.isShort && why === 'woken') return this.#wokenEarly();
    const now = this.#context.now();
    journal.beat(now);
    this.active = now;
    let used = 0;
    let left = QUERIES;
    this.#serving = true;
    for (let size = unread.messageAt(used); size >= 0; size = unread.messageAt(used)) {
      if (left-- === 0 || this.#waiting.isFull || this.#answers.unsent > BACKLOG_PAUSE) break;
      journal.takeFrame(this.record, used);
      if (used === this.#suspectAt) this.#refuseUnseen(unread.bytes, used + PREFIX, size);
      else this.#serve(unread.bytes, used + PREFIX, size, now);
      if (this.#ended) break;
      used += PREFIX + size;
    }
    journal.handsFree();
    this.#serving = false;
    if (this.#ended) return;
    this.#suspectAt = Math.max(-1, this.#suspectAt - used);
    // Before anything else is peeked: all connections share the memory.
    const hasMore = used > 0 && (unread.hasMore || unread.messageAt(used) >= 0);
    const whole = hasMore || used === length || unread.messageAt(used) >= 0;
    const isCut = why === 'last' && !whole && used === 0 && !unread.hasMore;
    if (isCut) this.#halfClosed = true;
    unread.awaitRest(whole || isCut ? -1 : used, now);
    this.#finish(isCut ? length : used); // what is closed over unread bytes is reset: answers may be lost on their way
    this.#hasMore = hasMore && !this.#ended && (this.#flags & READABLE) !== 0;
  }

  /** Urgent data, which DNS has no use for, hides what is behind it, for ever; else the kernel is short of room. */
  #wokenEarly(): void {
    const { ownership } = this.#context;
    if (isUrgent(this.fd)) return this.end();
    if (!ownership.enter(this.record)) return;
    this.#keeper.untold();
    this.#answers.reopen();
    this.#unread.take();
    this.#unread.awaitRest(0, this.#context.now());
    if (!this.#ended) this.#unread.sleep();
    ownership.leave();
  }

  #serve(bytes: Uint8Array, start: number, length: number, now: number): void {
    if (length < HEADER_LENGTH) return this.end(); // framing is lost, or never was (RFC 7766 section 8)
    try {
      this.#context.service.answer(this, bytes, start, length, now);
    } catch (error) {
      this.#context.onPanic(error);
    }
  }

  #refuseUnseen(bytes: Uint8Array, start: number, length: number): void {
    if (length < HEADER_LENGTH || !this.#replies.refuseUnseen(bytes, start, length)) this.end('reset');
  }

  /** Writes what was composed, then forgets the `used` bytes of queries it answers. */
  #finish(used: number): void {
    const { ownership } = this.#context;
    if (this.#ended || !ownership.enter(this.record)) return;
    const sound = this.#answers.flush();
    if (sound && used > 0) this.#discard(used);
    if (!this.#ended) this.#unread.sleep();
    ownership.leave();
    this.#settle(sound);
  }

  #discard(used: number): void {
    const { hasTaken } = this.#unread;
    this.#unread.discard(used);
    if (hasTaken) this.#context.tellLater();
  }

  #settle(sound: boolean): void {
    if (!sound) return this.end('reset');
    if (this.#halfClosed && this.#waiting.count === 0 && this.#answers.behind === 0) return this.end();
    this.#watch();
  }

  /** A client may shut its side and still wait for answers (RFC 7766 section 6.2.4). */
  #endOfQueries(): void {
    this.#halfClosed = true;
    this.#settle(true);
  }

  #watch(): void {
    if (this.#ended) return;
    const { behind } = this.#answers;
    const reading = !this.#halfClosed && behind < BACKLOG_PAUSE && !this.#waiting.isFull;
    const flags = (reading ? READING : 0) | (behind > 0 ? WRITABLE : 0);
    if (flags === this.#flags) return;
    this.#flags = flags;
    this.#context.loop.modify(this.fd, flags, this.#watchId);
  }
}
