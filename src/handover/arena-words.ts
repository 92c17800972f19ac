// arena-words — the memory that outlives a process: which word lies where, and what its values mean.
//
// Each instance has one arena, a memfd that its twin maps, too. Its owner alone writes to it, the word that makes a thing valid
// last; readers take everything in it as hostile (see layout).
//
// What a process that is dead or stopped has stored is seen whole and in order: the kernel has ordered memory by then, whatever
// the processor. Of a process that runs it is seen in order only where a word is stored by Atomics and loaded by Atomics before
// the rest, for aarch64 lets other stores and loads overtake each other. So are stored
//
//     STATE of a cell                   parked: the query in it was stored before; free: none is stored in it yet
//     GENERATION of a record            the record was stored before
//     STATE of a record that ends       what was planned on it was stored before
//     RESTING                           BEAT was stored before, and nothing is taken out of a queue before it is 0
//     BUSY, TAKEN, EPOCH                one process stores its word and then loads the other's, and so does the other: one of
//                                       the two sees that both want the connection
//
// The other words have plain stores, which is all a cached answer costs: each tells of itself alone (BEAT, READS, PARKED_MOST),
// or is believed of a dead process only (IN_HAND, IN_HAND_AT, CRASHED), or is followed by a system call that hands the memory
// out (FENCED). BATCH is followed by
// a store of the addon's that holds back the datagrams. A length in the ring that is seen too early has a query answered twice.
//
//     ┌ header page ──────────────────────────────────────────────────────────────────────────────┐
//     │ words 0 … 11   what lies where (HEAD_… of node-reuseport)                                  │
//     │ words 64 …     the journal: BEAT, IN_HAND, IN_HAND_AT, CRASHED, PARKED_MOST, EPOCH, TAKEN, │
//     │                BUSY, FENCED, BATCH, RESTING, READS                                         │
//     ├ lengths ──────────────────────────────────────────────────────────────────────────────────┤
//     │ of the datagrams in the ring, stored by the kernel; 0: answered                            │
//     ├ cells ────────────────────────────────────────────────────────────────────────────────────┤
//     │ the ring: a batch as it was received │ parked: queries that wait, by connections, too      │
//     │ a cell: 64 bytes of header (state, tag, sequence, sender's address), the message, ZERO_TAIL │
//     ├ records ──────────────────────────────────────────────────────────────────────────────────┤
//     │ RECORDS × RECORD_WORDS words: how far each TCP connection is written                       │
//     └───────────────────────────────────────────────────────────────────────────────────────────┘

import { CELL_USER, HEAD_USER } from 'node-reuseport';

// The journal.

/** Monotonic milliseconds (32 bits) when the process was last seen at work, or resting. */
export const BEAT = HEAD_USER;
/** What is being answered right now: 1 + cell, or CONNECTION_IN_HAND + record; 0: nothing. */
export const IN_HAND = HEAD_USER + 1;
/** For a connection: where in its unread bytes the query in hand begins. */
export const IN_HAND_AT = HEAD_USER + 2;
/** The signal of a crash, or EXCEPTION; 0 for a process that was killed from outside, or lives. */
export const CRASHED = HEAD_USER + 3;
/** Parked cells that were ever taken: those behind need not be looked at. */
export const PARKED_MOST = HEAD_USER + 4;
/** Under which number this process has its connections; see TAKEN. */
export const EPOCH = HEAD_USER + 5;
/** The epoch of the process whose connections this one has taken; 0: none. */
export const TAKEN = HEAD_USER + 6;
/** 1 + the record of the connection being served at this moment; 0: none. */
export const BUSY = HEAD_USER + 7;
/** 1: once the process is stopped it does nothing to connections that were taken then, whatever it was about to do. */
export const FENCED = HEAD_USER + 8;
/** Which batch lies in the ring, modulo 2^32; it changes before the next one is received there. 0: they are not counted. */
export const BATCH = HEAD_USER + 9;
/**
 * Which of its rests the process is in, modulo 2^32: it has nothing in hand then, and need not beat. 0: it is at work, or tells
 * nothing of rests.
 */
export const RESTING = HEAD_USER + 10;

/**
 * How often something was read from its own sockets: of each endpoint, in the order of their places, a word for UDP and one
 * for TCP. 0: it is not counted.
 */
export const READS = HEAD_USER + 32;
/** Endpoints that have such words: as many as twins share. */
export const COUNTED_ENDPOINTS = 62;

/** The word of a socket; -1 for an endpoint beyond those. @param place in the table */
export function readsWord(place: number, kind: 'udp' | 'tcp'): number {
  if (place < 0 || place >= COUNTED_ENDPOINTS) return -1;
  return READS + 2 * place + (kind === 'udp' ? 0 : 1);
}

/** IN_HAND of a connection is at least this. */
export const CONNECTION_IN_HAND = 1 << 20;
/** CRASHED of a process that ended by an exception of JavaScript: no signal has that number. */
export const EXCEPTION = 256;

// Cells.

/** State of a cell. Parked cells that are not FREE have not been answered. */
export const FREE = 0;
export const PARKED = 1;
/** In the ring or parked: another process had the query in hand when it died. */
export const TRIED = 2;

/** Tag of a parked query that came by a connection: this plus its record. Smaller tags are places of endpoints. */
export const CONNECTION_TAG = 1 << 16;
/** Word of a parked cell that tells which of two came first, modulo 2^32. */
export const CELL_SEQUENCE = CELL_USER;
/** Zero bytes behind a message: readers compare whole words. */
export const ZERO_TAIL = 8;

// Records of connections.

/** Connections with a record; those beyond end with their process. */
export const RECORDS = 2048;
/** Words of a record. */
export const STATE = 0;
/** Told apart by it: records are used again. */
export const GENERATION = 1;
/** Bytes that had been written before the last answers were. */
export const BASE = 2;
/** Bytes that will have been written when all answers composed so far are. */
export const TOTAL = 3;
export const RECORD_WORDS = 4;
export const RECORDS_BYTES = RECORDS * RECORD_WORDS * 4;

/** STATE of a record. */
export const CLOSED = 0;
export const OPEN = 1;
/** Answers are composed, and their queries forgotten, that the client has not read. */
export const BACKLOGGED = 2;
/** Another process has taken it. */
export const GIVEN = 3;
