// exchange — one question put to one server over one transport, until a response that is really its own arrives.

import { OPT_LENGTH } from '../message/edns.ts';
import {
  ARCOUNT,
  CLASS_IN,
  FLAGS,
  HEADER_LENGTH,
  MAX_NAME,
  OPCODE_MASK,
  QDCOUNT,
  QR,
  RCODE_MASK,
  readUint16,
  TYPE_OPT,
  writeUint16,
} from '../message/message.ts';
import { foldByte } from '../message/name.ts';
import type { FailureReason } from '../status.ts';

/** tls: RFC 7858. */
export type Transport = 'udp' | 'tcp' | 'tls';

/** Longest message an exchange sends. */
export const LONGEST_QUERY = HEADER_LENGTH + MAX_NAME + 4 + OPT_LENGTH;

/**
 * refused: the server's machine said no (ICMP, RST before an answer); unreachable: the network did; closed: connections ended
 * with the question on them; strange: too many responses that were not ours came to the port, an attacker may be guessing; local: this machine did not
 * let us ask (no descriptor, no memory, a rule), which says nothing about the server.
 */
export type ExchangeFailure = 'refused' | 'unreachable' | 'closed' | 'strange' | 'local';

/**
 * A question as it goes upstream: the client's spelling, RD, CD and DO; nothing else of its query. It is
 * told how each of its exchanges ended, never while it is being asked.
 */
export interface UpstreamQuestion {
  /** QNAME, QTYPE and QCLASS as they stand on the wire, one byte a character. */
  readonly question: string;
  /** The same name, folded, the type, the variant. */
  readonly key: string;
  readonly nameLength: number;
  /** The header's flags word to send. */
  readonly flags: number;
  readonly dnssecOk: boolean;
  /** Bytes of a datagram that servers are told to send at most. */
  readonly udpSize: number;
  /** Whether it may use the last connection to a server, which questions of other zones cannot fill. */
  readonly vital: boolean;
  /** `bytes` holds the response only during the call. */
  responded(exchange: Exchange, bytes: Buffer, start: number, length: number): void;
  /** An error without a question came over UDP: a good guess of the id would do for that. The exchange goes on. */
  hinted(exchange: Exchange, rcode: number): void;
  failed(exchange: Exchange, reason: ExchangeFailure): void;
  /** Another question holds up the connection this one is on. It may be asked again; the exchange goes on. */
  heldUp(exchange: Exchange): void;
}

/** What carries exchanges: a UDP socket or a TCP connection. */
export interface Carrier {
  /** The exchange is given up; a response that still comes is dropped. */
  forget(exchange: Exchange): void;
}

/** The server an exchange is put to. */
export interface Asked {
  /** By which it is asked unless a question wants otherwise; nothing else counts against it. */
  readonly transport: Transport;
  /** `192.0.2.1:53` */
  readonly name: string;
  /** Milliseconds after which a datagram to it, or its answer, counts as lost. */
  readonly patience: number;
  /** Sends the question, which is told how that ended, never during this call. */
  ask(exchange: Exchange, now: number): void;
  /** A response came, whatever it said. @param reason why it is no answer; undefined: it is one */
  answered(exchange: Exchange, now: number, rcode: number, reason: FailureReason | undefined): void;
  /** No response within the time it usually takes. */
  missed(exchange: Exchange): void;
  /** The network says that it cannot be reached. */
  unreachable(): void;
  /** The exchange brought no response, and none is waited for. */
  failed(exchange: Exchange, reason: FailureReason | 'local'): void;
  /** A response came after the exchange was given up. */
  late(exchange: GivenUp, now: number, rcode: number): void;
}

export class Exchange {
  readonly question: UpstreamQuestion;
  readonly upstream: Asked;
  readonly transport: Transport;
  /** Without EDNS, for a server that choked on it. */
  readonly plain: boolean;
  readonly started: number;
  /** What was sent for the same question before. */
  readonly earlier: Exchange | undefined;
  /** Unique on its carrier while it waits there. */
  id = 0;
  carrier: Carrier | undefined = undefined;
  /** When the carrier took it. */
  sent = 0;
  /** Answered, failed, or given up from this side. */
  over = false;
  /** It is asked on another connection, too. */
  askedElsewhere = false;
  /** Times a connection ended when it was its turn to be answered. */
  closings = 0;
  /** What it will have failed by, if no response comes; undefined: it has not waited for long. */
  failing: FailureReason | undefined = undefined;

  constructor(
    question: UpstreamQuestion,
    upstream: Asked,
    transport: Transport,
    plain: boolean,
    started: number,
    earlier?: Exchange,
  ) {
    this.question = question;
    this.upstream = upstream;
    this.transport = transport;
    this.plain = plain;
    this.started = started;
    this.earlier = earlier;
  }

  /** Whether a response is still of use. */
  get open(): boolean {
    return this.carrier !== undefined;
  }

  /** Writes the query with the exchange's id at `offset`; returns its length, at most LONGEST_QUERY. */
  write(out: Buffer, offset: number): number {
    const { question, flags, dnssecOk, udpSize } = this.question;
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
    writeUint16(out, opt + 3, udpSize);
    if (dnssecOk) out[opt + 7] = 0x80;
    return length + OPT_LENGTH;
  }

  /** What it came to is heard; false when it was given up before. */
  takeBack(): boolean {
    if (this.over) return false;
    this.over = true;
    return true;
  }

  /** Ends the wait from this side. */
  cancel(): void {
    const { carrier, over, failing } = this;
    this.over = true;
    this.carrier = undefined;
    carrier?.forget(this);
    if (!over && failing !== undefined) this.upstream.failed(this, failing);
  }
}

/** What is remembered of an exchange that was given up: its response, which may still come, is no forged one. */
export class GivenUp {
  readonly key: string;
  readonly upstream: Asked;
  readonly transport: Transport;
  readonly started: number;
  /** It had counted as lost. */
  readonly hasFailed: boolean;

  constructor({ question, upstream, transport, started, failing }: Exchange) {
    this.key = question.key;
    this.upstream = upstream;
    this.transport = transport;
    this.started = started;
    this.hasFailed = failing !== undefined;
  }
}

/**
 * Whether a message is a response to the question that `key` is derived from (RFC 5452 section 9.1): the folded name, the type,
 * the variant. Case does not count.
 */
export function answers(key: string, bytes: Uint8Array, start: number, length: number): boolean {
  const behind = key.length - 1; // name and type
  if (!isResponse(bytes, start, length) || length < HEADER_LENGTH + behind + 2) return false;
  if (readUint16(bytes, start + QDCOUNT) !== 1) return false;
  const name = start + HEADER_LENGTH;
  for (let i = 0; i < behind - 2; i++) if (foldByte(bytes[name + i]!) !== key.charCodeAt(i)) return false;
  for (let i = behind - 2; i < behind; i++) if (bytes[name + i] !== key.charCodeAt(i)) return false;
  return readUint16(bytes, name + behind) === CLASS_IN;
}

/** Servers that could not parse us answer errors with a bare header; it never counts as an answer. */
export function isBareError(bytes: Uint8Array, start: number, length: number): boolean {
  if (length !== HEADER_LENGTH || !isResponse(bytes, start, length)) return false;
  const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
  return readUint16(bytes, start + QDCOUNT) === 0 && rcode !== 0 && rcode !== 3;
}

function isResponse(bytes: Uint8Array, start: number, length: number): boolean {
  const flags = readUint16(bytes, start + FLAGS);
  return length >= HEADER_LENGTH && (flags & QR) !== 0 && (flags & OPCODE_MASK) === 0;
}
