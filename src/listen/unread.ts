// unread — what a client has sent, as it lies in the kernel: seen without being taken; for the rest of a message that is
// not whole it is slept, so a client that sends byte by byte costs nothing.

import { peek, wakeAt } from 'node-reuseport';
import type { Ownership } from '../handover/ownership.ts';
import { readUint16 } from '../message/message.ts';

/** Bytes of a message's length on the stream (RFC 1035 section 4.2.2). */
export const PREFIX = 2;

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
  #wanted = 1;

  /** @param used the connection was another process's, which may have asked to be told later */
  constructor(fd: number, record: number, ownership: Ownership, used: boolean) {
    this.#fd = fd;
    this.#record = record;
    this.#ownership = ownership;
    if (used) wakeAt(fd, 1);
  }

  /** Bytes now in `bytes`; 0 at the end of the stream, or -errno. */
  peek(): number {
    this.#length = peek(this.#fd, peeked, 0, peeked.length);
    return this.#length;
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
    this.#wanted = wake;
  }

  /** Forgets the first bytes; only while the connection is ours. */
  discard(used: number): void {
    this.#ownership.discard(this.#record, this.#fd, used);
  }

  /** Tells the kernel what was noted; only while the connection is ours. */
  sleep(): void {
    if (this.#wanted !== this.wake) this.#ownership.wakeAt(this.#record, this.#fd, this.#wanted);
    this.wake = this.#wanted;
  }
}
