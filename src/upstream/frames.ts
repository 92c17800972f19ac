// frames — cuts a TCP byte stream into DNS messages: two bytes of length, then the message (RFC 1035 section 4.2.2).

import { readUint16 } from '../message/message.ts';

const PREFIX = 2;

/** Called with a message lying in memory that is reused after the call. */
export type FrameVisitor = (bytes: Buffer, start: number, length: number) => void;

/** Memory for an unfinished frame grows with what has come, not with what its length promises. */
const FIRST_PIECE = 2048;

export class FrameReader {
  /** The beginning of a frame whose rest has not come yet. */
  #partial: Buffer = Buffer.alloc(0);
  #have = 0;

  /** Bytes of an unfinished frame: > 0 means the sender owes us the rest. */
  get pending(): number {
    return this.#have;
  }

  /** Takes the first `length` bytes of `chunk`; whole frames are visited in place, without a copy. */
  push(chunk: Buffer, length: number, visit: FrameVisitor): void {
    let at = 0;
    while (this.#have > 0 && at < length) at = this.#complete(chunk, at, length, visit);
    while (length - at >= PREFIX) {
      const size = readUint16(chunk, at);
      if (length - at - PREFIX < size) break;
      visit(chunk, at + PREFIX, size);
      at += PREFIX + size;
    }
    if (at < length) this.#keep(chunk, at, length);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Adds to the unfinished frame what it lacks of its prefix, then of its message; returns how far the chunk is used. */
  #complete(chunk: Buffer, at: number, length: number, visit: FrameVisitor): number {
    const needed = this.#have < PREFIX ? PREFIX : PREFIX + readUint16(this.#partial, 0);
    const next = Math.min(length, at + needed - this.#have);
    this.#keep(chunk, at, next);
    if (this.#have === needed && (needed > PREFIX || readUint16(this.#partial, 0) === 0)) {
      const whole = this.#partial;
      this.#partial = Buffer.alloc(0);
      this.#have = 0;
      visit(whole, PREFIX, needed - PREFIX);
    }
    return next;
  }

  #keep(chunk: Buffer, at: number, end: number): void {
    const have = this.#have + end - at;
    if (have > this.#partial.length) {
      const larger = Buffer.allocUnsafe(Math.max(FIRST_PIECE, 2 * have));
      this.#partial.copy(larger, 0, 0, this.#have);
      this.#partial = larger;
    }
    chunk.copy(this.#partial, this.#have, at, end);
    this.#have = have;
  }
}
