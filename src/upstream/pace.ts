// pace — how often a question is sent, and what is waited for in between; milliseconds.

import { TICK } from '../loop/deadlines.ts';

/** Over UDP, to all servers: of a hundred questions one stays without an answer at most where 30 % are lost on either way. */
export const MAX_DATAGRAMS = 8;
export const MAX_DATAGRAMS_IN_CROWD = 2;
/** In all: with those that TC, FORMERR and connections held up call for. */
export const MAX_SENDS = 14;
/** Milliseconds before the next datagram, unless servers usually take longer: doubled for good, the last ones would be too late. */
export const LONGEST_WAIT = 750;

/** From one connection that is held up to another; more would only be more work for a server that is slow altogether. */
export const MAX_ESCAPES = 2;

/** How long a server may take over TCP before another one is asked, too, milliseconds. */
export const PATIENCE = 1000;
/** Before the next try when this machine did not let us ask, milliseconds; doubled each time. */
export const PAUSE = 20;

/** What is left of the time is waited for in steps of so many milliseconds: deadlines of few different durations cost less. */
export const END_STEP = 4 * TICK;

/** Milliseconds from one datagram to the next: what the server usually takes, doubled for each that went before. */
export function waitBetween(patience: number, before: number): number {
  return Math.max(patience, Math.min(patience * 2 ** before, LONGEST_WAIT));
}
