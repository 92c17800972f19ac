// overdue — when a client's connection has been idle, unfinished or not reading for too long.

import type { EventName } from '../counters.ts';

/** Milliseconds without a query or an answer before the connection is closed (RFC 7766 section 6.2.3). */
const IDLE = 10_000;
/** Milliseconds an unfinished query may take to arrive. */
const READ_TIMEOUT = 5000;
/** Milliseconds a client that does not take its answers has to read on. */
const WRITE_TIMEOUT = 5000;

/** Where a connection stands; times in milliseconds of the monotonic clock. */
export interface Standing {
  /** Bytes of answers the client has not taken, and since when. */
  readonly behind: number;
  readonly behindSince: number;
  /** Since when a query is not whole; 0: none is. */
  readonly unfinishedSince: number;
  /** Queries that wait for their answers. */
  readonly waiting: number;
  readonly active: number;
}

/** As what its end is counted; undefined while it is in time. */
export function overdue(
  { behind, behindSince, unfinishedSince, waiting, active }: Standing,
  now: number,
): EventName | undefined {
  if (behind > 0) return now - behindSince < WRITE_TIMEOUT ? undefined : 'tcpOverflowClosed';
  if (unfinishedSince > 0) return now - unfinishedSince < READ_TIMEOUT ? undefined : 'tcpReadTimeouts';
  return waiting > 0 || now - active < IDLE ? undefined : 'tcpIdleClosed';
}
