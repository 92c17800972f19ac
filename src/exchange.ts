// exchange — one question put to one server over one transport, until a response that is really its own arrives.

import { FLAGS, HEADER_LENGTH, OPCODE_MASK, QDCOUNT, QR, readUint16, writeUint16 } from './message.ts';
import { foldByte } from './name.ts';

/**
 * refused: the network said no (ICMP, RST before an answer, no route); closed: a connection ended with the question on
 * it; mismatches: too many responses that were not ours came to the port, somebody may be guessing.
 */
export type ExchangeFailure = 'refused' | 'closed' | 'mismatches';

export interface ExchangeListener {
  /** `bytes` holds the response only during the call. */
  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void;
  failed(exchange: Exchange, reason: ExchangeFailure): void;
}

/** What carries exchanges: a UDP socket or a TCP connection. */
export interface Carrier {
  /** Nobody waits any more; a response that still comes is dropped. */
  forget(exchange: Exchange): void;
  /** The exchange has waited in vain: a connection may want to know whether it is dead. */
  suspect(exchange: Exchange): void;
}

export class Exchange {
  readonly message: Buffer;
  readonly nameLength: number;
  readonly listener: ExchangeListener;
  readonly started: number;
  /** In the message's first two bytes once it is sent; unique on its carrier while it waits. */
  id = 0;
  carrier: Carrier | undefined = undefined;
  /** A connection under it was lost once already. */
  moved = false;

  constructor(message: Buffer, nameLength: number, listener: ExchangeListener, started: number) {
    this.message = message;
    this.nameLength = nameLength;
    this.listener = listener;
    this.started = started;
  }

  assign(id: number, carrier: Carrier): void {
    this.id = id;
    this.carrier = carrier;
    writeUint16(this.message, 0, id);
  }

  /** Ends the wait from this side. */
  cancel(): void {
    this.carrier?.forget(this);
    this.carrier = undefined;
  }

  /** Whether a message with our id is a response to our question (RFC 5452 section 9.1); its case does not count. */
  accepts(bytes: Uint8Array, start: number, length: number): boolean {
    const questionEnd = HEADER_LENGTH + this.nameLength + 4;
    const flags = readUint16(bytes, start + FLAGS);
    if (length < HEADER_LENGTH || !(flags & QR) || flags & OPCODE_MASK) return false;
    const count = readUint16(bytes, start + QDCOUNT);
    // Servers that could not parse us answer errors with a bare header; it never counts as an answer.
    if (count === 0) return length === HEADER_LENGTH && (flags & 0xf) !== 0 && (flags & 0xf) !== 3;
    if (count !== 1 || length < questionEnd) return false;
    for (let i = HEADER_LENGTH; i < questionEnd - 4; i++) {
      if (foldByte(bytes[start + i]!) !== foldByte(this.message[i]!)) return false;
    }
    for (let i = questionEnd - 4; i < questionEnd; i++)
      if (bytes[start + i] !== this.message[i]) return false;
    return true;
  }
}
