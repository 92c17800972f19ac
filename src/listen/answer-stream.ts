// answer-stream — answers on their way into a connection, in frames; what the client does not take now is kept.

import { EAGAIN } from 'node-reuseport';
import { BACKLOGGED, GIVEN, OPEN } from '../handover/arena-words.ts';
import { writeUint16 } from '../message/message.ts';
import type { ParkedFrame } from './parked-frame.ts';
import type { TcpContext } from './tcp-context.ts';

/**
 * What may be owed to one client: this part of what is free for all. So a client that reads slowly is owed a lot while there is
 * room, many that do not read are owed little each, and room is left whatever their number.
 */
const SHARE = 1 / 4;

/** Shared by all: composed answers of one connection are written before another composes. */
const outgoing = Buffer.allocUnsafeSlow(1 << 18);
/** Whose answers lie in it. */
let composing: AnswerStream | undefined;

export class AnswerStream {
  /** Where answers are composed, from what `reserve` returned. */
  readonly outbox = outgoing;
  /** Where the reply composed last lies in it. */
  lastOffset = 0;
  lastLength = 0;
  /** Since when the client owes it to us to read, monotonic milliseconds. */
  behindSince = 0;
  readonly #fd: number;
  readonly #record: number;
  readonly #context: TcpContext;
  readonly #answered: ParkedFrame[] = [];
  #composed = 0;
  #backlog: Buffer[] = [];
  #behind = 0;
  #written: number;
  #sound = true;

  /** @param written bytes that were written to the connection before */
  constructor(fd: number, record: number, context: TcpContext, written: number) {
    this.#fd = fd;
    this.#record = record;
    this.#context = context;
    this.#written = written;
    if (record >= 0) context.records.open(record, written);
  }

  /** Bytes the client has not taken. */
  get behind(): number {
    return this.#behind;
  }

  /** Bytes that have not been written, or not been taken. */
  get unsent(): number {
    return this.#behind + this.#composed;
  }

  /** Whether a parked query was answered here that has not been released. */
  get owes(): boolean {
    return this.#answered.length > 0;
  }

  /** Whether an answer of up to `length` bytes may be composed. What the kernel may take is; see flush. */
  admits(length: number): boolean {
    return this.#behind === 0 || this.#mayKeep(this.#composed + length);
  }

  /** Offset in `outbox` for a message of up to `length` bytes, behind its prefix. */
  reserve(length: number): number {
    // While a query of one client is served, an answer may come up for another.
    if (composing !== this) composing?.flushEarly();
    if (this.#composed + 2 + length > outgoing.length) this.flushEarly();
    composing = this;
    return this.#composed + 2;
  }

  /** Queues the message composed where `reserve` said. */
  add(length: number): void {
    writeUint16(outgoing, this.#composed, length);
    this.lastOffset = this.#composed + 2;
    this.lastLength = length;
    this.#composed += 2 + length;
  }

  /** The query whose answer was added last is released when that is written. */
  afterwards(frame: ParkedFrame): void {
    this.#answered.push(frame);
  }

  /** Answers composed by another process that still have to be written first. */
  owe(answers: Uint8Array): void {
    this.#keepRest(answers);
  }

  /** Writes what was added; false when the connection is broken, or the client is owed too much. */
  flush(): boolean {
    const length = this.#composed;
    this.#composed = 0;
    if (length > 0 && this.#sound) this.#write(length);
    while (this.#answered.length > 0) this.#answered.pop()!.release();
    return this.#sound;
  }

  /** The client takes more; false when the connection is broken. */
  resume(): boolean {
    const { ownership } = this.#context;
    if (!ownership.enter(this.#record)) return true;
    while (this.#backlog.length > 0) {
      const first = this.#backlog[0]!;
      const sent = ownership.write(this.#record, this.#fd, first, 0, first.length);
      if (sent < 0) {
        this.#sound = sent === -EAGAIN;
        break;
      }
      this.behindSince = this.#context.now();
      this.#behind -= sent;
      this.#written += sent;
      this.#context.wrote(sent);
      if (sent < first.length) this.#backlog[0] = first.subarray(sent);
      else this.#forgetFirst();
    }
    if (this.#behind === 0) this.#setState(OPEN);
    ownership.leave();
    return this.#sound;
  }

  /** What the backup holds is no longer this connection. */
  reopen(): void {
    const { records } = this.#context;
    if (this.#record < 0) return;
    records.open(this.#record, this.#written);
    if (this.#behind === 0) return;
    records.plan(this.#record, this.#written, this.#written + this.#behind);
    this.#setState(BACKLOGGED);
  }

  /** Tells the backup what the client has not read. */
  keep(): void {
    if (this.#behind > 0) this.#tell(this.#written, Buffer.concat(this.#backlog));
  }

  /** @param state of the record from now on: CLOSED or GIVEN */
  end(state: number): void {
    while (this.#backlog.length > 0) this.#forgetFirst();
    this.#composed = 0;
    this.#sound = false;
    // What was added last has not been written: a taker of the connection answers it.
    for (const frame of this.#answered.splice(0)) this.#context.release(frame, state === GIVEN);
    this.#setState(state);
  }

  /** Writes what was added so far, in the middle of serving; `flush` will say whether that was possible. */
  flushEarly(): void {
    const { ownership } = this.#context;
    if (this.#composed === 0 || !ownership.enter(this.#record)) return;
    this.flush();
    ownership.leave();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #write(length: number): void {
    if (this.#record >= 0) {
      const total = this.#written + this.#behind + length;
      this.#context.records.plan(this.#record, this.#written, total);
    }
    let sent = 0;
    if (this.#behind === 0) {
      sent = this.#context.ownership.write(this.#record, this.#fd, outgoing, 0, length);
      if (sent < 0 && sent !== -EAGAIN) {
        this.#sound = false;
        return;
      }
      sent = Math.max(sent, 0);
      this.#written += sent;
      this.#context.wrote(sent);
    }
    if (sent === length) return;
    if (this.#mayKeep(length - sent)) this.#keepRest(outgoing.subarray(sent, length));
    else this.#sound = false;
  }

  #mayKeep(length: number): boolean {
    const { tcpOwed } = this.#context.budget;
    if (this.#behind + length <= (tcpOwed.most - tcpOwed.held) * SHARE) return true;
    tcpOwed.refuse();
    this.#context.counters.events.tcpOverflowClosed++;
    return false;
  }

  #keepRest(answers: Uint8Array): void {
    const rest = Buffer.allocUnsafeSlow(answers.length);
    rest.set(answers);
    if (this.#behind === 0) this.behindSince = this.#context.now();
    this.#tell(this.#written + this.#behind, rest);
    this.#backlog.push(rest);
    this.#context.budget.tcpOwed.take(rest.length);
    this.#behind += rest.length;
    this.#setState(BACKLOGGED); // last: now their queries may be forgotten
  }

  /** Its memory is free only now, however much of it was written. */
  #forgetFirst(): void {
    const { buffer } = this.#backlog.shift()!;
    this.#context.budget.tcpOwed.release(buffer.byteLength);
  }

  #tell(offset: number, answers: Uint8Array): void {
    const { records } = this.#context;
    const { backup } = this.#context.ownership;
    if (this.#record < 0 || backup === undefined) return;
    if (!backup.keep(this.#record, records.generation(this.#record), offset, answers)) {
      this.#context.keepLater(this);
    }
  }

  #setState(state: number): void {
    if (this.#record >= 0) this.#context.records.setState(this.#record, state);
  }
}
