// byte-stream — the bytes of one connection to a server, whatever they are wrapped in on the way.

import type { ExchangeFailure } from './exchange.ts';

export interface ByteStream {
  /** Once it stands; what one turn has to send comes in one call. */
  write(bytes: Buffer): void;
  /** The user is told nothing more. */
  close(): void;
}

/** What is told of a stream; never during the call that opens it. */
export interface StreamUser {
  /** Bytes may be written from now on. */
  stood(): void;
  /** The first `length` of `bytes` came; they may be overwritten after the call. */
  received(bytes: Buffer, length: number): void;
  /** It has ended from elsewhere, and is closed. */
  ended(reason: ExchangeFailure): void;
}

/** @throws what the kernel says when it denies a connection; nothing is left open then */
export type OpenStream = (user: StreamUser) => ByteStream;

/**
 * Milliseconds. A server may be slow, its kernel is not: one that acknowledges nothing is gone, or something on the way has
 * forgotten the connection.
 */
export const ACKNOWLEDGED_WITHIN = 800;
