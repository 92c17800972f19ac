// exchange — one question put to one server over one transport, until a response that is really its own arrives.

import { OPT_LENGTH } from '../message/edns.ts';
import {
  ARCOUNT,
  FLAGS,
  HEADER_LENGTH,
  MAX_NAME,
  MAX_UDP,
  OPCODE_MASK,
  QDCOUNT,
  QR,
  readUint16,
  TYPE_OPT,
  writeUint16,
} from '../message/message.ts';
import { foldByte } from '../message/name.ts';

export type Transport = 'udp' | 'tcp';

/** Longest message an exchange sends. */
export const LONGEST_QUERY = HEADER_LENGTH + MAX_NAME + 4 + OPT_LENGTH;

/**
 * refused: the network said no (ICMP, RST before an answer, no route); closed: a connection ended with the question on
 * it; mismatches: too many responses that were not ours came to the port, an attacker may be guessing.
 */
export type ExchangeFailure = 'refused' | 'closed' | 'mismatches';

/**
 * A question as it goes upstream: the client's spelling, RD, CD and DO; nothing else of its query. It is
 * told how each of its exchanges ended, never while it is being asked.
 */
export interface UpstreamQuestion {
  /** QNAME, QTYPE and QCLASS as they stand on the wire, one byte a character. */
  readonly question: string;
  /** Begins with the same name, folded. */
  readonly key: string;
  readonly nameLength: number;
  /** The header's flags word to send. */
  readonly flags: number;
  readonly dnssecOk: boolean;
  /** `bytes` holds the response only during the call. */
  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void;
  failed(exchange: Exchange, reason: ExchangeFailure): void;
}

/** What carries exchanges: a UDP socket or a TCP connection. */
export interface Carrier {
  /** The exchange is given up; a response that still comes is dropped. */
  forget(exchange: Exchange): void;
  /** The exchange has waited in vain: the connection under it may be dead. */
  suspect(exchange: Exchange): void;
}

/** The server an exchange is put to. */
export interface Asked {
  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void;
  /** A response came, whatever it said. */
  answered(started: number, now: number, rcode: number): void;
  /** No response within its time, or none possible. */
  missed(): void;
}

export class Exchange {
  readonly question: UpstreamQuestion;
  readonly upstream: Asked;
  readonly transport: Transport;
  /** Without EDNS, for a server that choked on it. */
  readonly plain: boolean;
  readonly started: number;
  /** Unique on its carrier while it waits there. */
  id = 0;
  carrier: Carrier | undefined = undefined;
  /** It has been moved to another connection once, when the one under it was lost. */
  moved = false;

  constructor(
    question: UpstreamQuestion,
    upstream: Asked,
    transport: Transport,
    plain: boolean,
    started: number,
  ) {
    this.question = question;
    this.upstream = upstream;
    this.transport = transport;
    this.plain = plain;
    this.started = started;
  }

  /** Writes the query with the exchange's id at `offset`; returns its length, at most LONGEST_QUERY. */
  write(out: Buffer, offset: number): number {
    const { question, flags, dnssecOk } = this.question;
    for (let i = 0; i < HEADER_LENGTH; i++) out[offset + i] = 0; // here and below: a loop beats the native call
    writeUint16(out, offset, this.id);
    writeUint16(out, offset + FLAGS, flags);
    writeUint16(out, offset + QDCOUNT, 1);
    for (let i = 0; i < question.length; i++) out[offset + HEADER_LENGTH + i] = question.charCodeAt(i);
    const length = HEADER_LENGTH + question.length;
    if (this.plain) return length;
    writeUint16(out, offset + ARCOUNT, 1);
    const opt = offset + length;
    for (let i = 0; i < OPT_LENGTH; i++) out[opt + i] = 0;
    writeUint16(out, opt + 1, TYPE_OPT);
    writeUint16(out, opt + 3, MAX_UDP);
    if (dnssecOk) out[opt + 7] = 0x80;
    return length + OPT_LENGTH;
  }

  /** Ends the wait from this side. */
  cancel(): void {
    this.carrier?.forget(this);
    this.carrier = undefined;
  }

  /** Whether a message with our id is a response to our question (RFC 5452 section 9.1); its case does not count. */
  accepts(bytes: Uint8Array, start: number, length: number): boolean {
    const { question, key, nameLength } = this.question;
    const flags = readUint16(bytes, start + FLAGS);
    if (length < HEADER_LENGTH || !(flags & QR) || flags & OPCODE_MASK) return false;
    const count = readUint16(bytes, start + QDCOUNT);
    // Servers that could not parse us answer errors with a bare header; it never counts as an answer.
    if (count === 0) return length === HEADER_LENGTH && (flags & 0xf) !== 0 && (flags & 0xf) !== 3;
    if (count !== 1 || length < HEADER_LENGTH + question.length) return false;
    const name = start + HEADER_LENGTH;
    for (let i = 0; i < nameLength; i++) if (foldByte(bytes[name + i]!) !== key.charCodeAt(i)) return false;
    for (let i = nameLength; i < question.length; i++) {
      if (bytes[name + i] !== question.charCodeAt(i)) return false;
    }
    return true;
  }
}
