// entry — the thing the cache keeps: an answer in wire form, and what must be known to serve it again.

/** What an entry is evidence of; `failure` is a SERVFAIL kept so that it is not asked again at once (RFC 9520). */
export type EntryKind = 'success' | 'denial' | 'failure';

export interface Entry {
  readonly kind: EntryKind;
  /**
   * The response as one byte a character: header, question, records, compressed; no OPT, nothing behind the last record. A
   * string, because V8 keeps it in one compact piece of heap, where a Buffer costs several objects.
   */
  readonly wire: string;
  /** Offsets of the TTL fields in `wire`, one a character. */
  readonly ttlOffsets: string;
  readonly nameLength: number;
  readonly rcode: number;
  /** Whether it was made here (AA): what servers said is passed on without. */
  readonly authoritative: boolean;
  /** Whether the upstream vouched for it (AD, RFC 6840 section 5.8). */
  readonly authentic: boolean;
  /** The Extended DNS Error (RFC 8914) that the upstream sent with it, or that tells why none answered; -1: none. */
  readonly ede: number;
  /** Index of its zone. */
  readonly zone: number;
  /** Seconds; every record's TTL was lowered to it. 0: for the clients that waited alone, never kept. */
  readonly ttl: number;
  /** Milliseconds of the monotonic clock. */
  readonly stored: number;
  readonly expires: number;
  /** Hits since it was stored: what prefetch goes by. */
  hits: number;
  /** Until then nothing is done to replace it: that has failed (RFC 8767 section 5), or is left to the twin. */
  retryAfter: number;
}

/** Bytes of heap an entry takes beside its strings: objects, table slots, list links; measured, rounded up. */
export const ENTRY_OVERHEAD = 360;

export function entrySize(key: string, entry: Entry): number {
  return ENTRY_OVERHEAD + key.length + entry.wire.length + 2 * entry.ttlOffsets.length;
}

/**
 * Seconds left as clients see them. Both clocks are cut to whole seconds, so that the count never goes up between two
 * answers, whichever cache level they come from; a fresh entry never shows 0.
 */
export function secondsLeft(entry: Entry, now: number): number {
  return Math.max(1, Math.floor(entry.expires / 1000) - Math.floor(now / 1000));
}
