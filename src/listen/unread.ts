// unread — what a client has sent, as it lies in the kernel: seen without being taken; for the rest of a message that is
// not whole it is slept, so a client that sends byte by byte costs nothing.
//
// A kernel that is short of memory, or of receive window, gets no more as long as the beginning of a message lies there: a few
// bytes may hold all of a buffer. It says so by waking us early; then the beginning is taken.

import { peek, wakeAt } from 'node-reuseport';
import type { Ownership } from '../handover/ownership.ts';
import { readUint16 } from '../message/message.ts';

/** Bytes of a message's length on the stream (RFC 1035 section 4.2.2). */
export const PREFIX = 2;

const NONE = Buffer.alloc(0);

/** Looked at in one go, unless a message is longer: enough for the queries of a turn. */
const GLANCE = 4096;

/** Shared by all connections; room for the longest message and more. */
const peeked = Buffer.allocUnsafeSlow(1 << 17);

export class Unread {
  /** What was peeked last, by any connection. */
  readonly bytes = peeked;
  /** When the first byte of a message was seen whose rest has not come; 0: there is none. */
  unfinishedSince = 0;
  /** Bytes that must wait before we are told. */
  wake = 1;
  readonly #fd: number;
  readonly #record: number;
  readonly #ownership: Ownership;
  #length = 0;
  /** There may be more behind what was peeked. */
  #hasMore = false;
  #wanted = 1;
  /** The beginning of a message that was taken out of the kernel. */
  #taken: Buffer = NONE;

  /** @param used the connection was another process's, which may have asked to be told later */
  constructor(fd: number, record: number, ownership: Ownership, used: boolean) {
    this.#fd = fd;
    this.#record = record;
    this.#ownership = ownership;
    if (used) wakeAt(fd, 1);
  }

  /** Bytes now in `bytes`; 0 at the end of the stream, or -errno. */
  peek(): number {
    const taken = this.#taken.length;
    if (taken > 0) peeked.set(this.#taken);
    const most = Math.max(GLANCE, this.wake);
    const seen = peek(this.#fd, peeked, taken, most);
    this.#hasMore = seen === most;
    this.#length = taken + Math.max(seen, 0);
    return seen > 0 ? this.#length : seen;
  }

  /** Whether there may be more behind it. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Whether what was peeked is less than we asked to be woken for. */
  get isShort(): boolean {
    return this.#length - this.#taken.length < this.wake;
  }

  /** Whether no other process could go on with the connection: it would not see the beginning of a message. */
  get hasTaken(): boolean {
    return this.#taken.length > 0;
  }

  /** Takes what was peeked, of which no message is whole, out of the kernel; only while the connection is ours. */
  take(): void {
    const before = this.#taken.length;
    this.#taken = Buffer.from(peeked.subarray(0, this.#length));
    this.#ownership.discard(this.#record, this.#fd, this.#length - before);
  }

  /** Length of the message that begins at `at`; -1 when it is not whole. */
  messageAt(at: number): number {
    const left = this.#length - at;
    if (left < PREFIX) return -1;
    const size = readUint16(peeked, at);
    return left - PREFIX < size ? -1 : size;
  }

  /** Notes that we sleep until the message that begins at `at` is whole; -1: until anything comes. See `sleep`. */
  awaitRest(at: number, now: number): void {
    if (at < 0) this.unfinishedSince = 0;
    else if (this.unfinishedSince === 0 || at > 0) this.unfinishedSince = now;
    const left = this.#length - at;
    const wake = at < 0 ? 1 : left < PREFIX ? PREFIX : PREFIX + readUint16(peeked, at);
    this.#wanted = Math.max(1, wake - (at === 0 ? this.#taken.length : 0));
  }

  /** Forgets the first bytes; only while the connection is ours. */
  discard(used: number): void {
    this.#ownership.discard(this.#record, this.#fd, used - this.#taken.length);
    this.#taken = NONE;
  }

  /** Tells the kernel what was noted; only while the connection is ours. */
  sleep(): void {
    if (this.#wanted !== this.wake) this.#ownership.wakeAt(this.#record, this.#fd, this.#wanted);
    this.wake = this.#wanted;
  }
}
