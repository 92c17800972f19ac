// handover — what an instance lets its twin have and do, so that either can go on with the other's work. The only door by
// which ha enters the side of the resolver that talks to the network.

import type { CacheShare } from '../cache/cache-share.ts';
import type { Endpoint, Slot } from '../config.ts';
import type { Counters } from '../counters.ts';
import type { ConnectionBackup, Position } from './connection-backup.ts';
import type { EndpointTable } from './endpoint-table.ts';
import type { Journal } from './journal.ts';
import type { Resting } from './resting.ts';
import type { ListenSockets } from './sockets.ts';

export interface Handover {
  readonly slot: Slot;
  /** What we are told to serve. */
  readonly wanted: readonly Endpoint[];
  /** What is answered, as digits that are the same where two instances answer alike. */
  readonly configuration: string;
  /** Our own sockets: those the instance was started with, or made, but for those that were given up. */
  readonly sockets: readonly ListenSockets[];
  /** What the tags in our arena mean. */
  readonly endpoints: EndpointTable;
  /** Descriptor of the memory our datagrams are received into; see arena-words. */
  readonly arenaFd: number;
  readonly journal: Journal;
  readonly resting: Resting;
  readonly cache: CacheShare;
  readonly connections: SharedConnections;
  /** What has happened here so far, as the metrics have it. */
  readonly events: Counters['events'];
  /** Reads our own sockets from now on, if we do not yet. @throws when that cannot be (EMFILE); to be tried again */
  begin(): void;
  /** Reads the twin's sockets, too; they stay the caller's. @throws likewise */
  read(sockets: readonly ListenSockets[]): SocketReader;
  /**
   * Gives up our sockets of these endpoints: nothing new comes to them, for good.
   * @returns what answers the last that has come to them, and closes them
   */
  giveUp(endpoints: readonly Endpoint[]): () => void;
  /**
   * Answers a query that another process received.
   * @param connection the one it came by, if it came by one and that was adopted
   */
  replay(query: Unanswered, manner: ReplayManner, connection?: SharedConnection): void;
}

/** Sockets being read. */
export interface SocketReader {
  /** Answers what waits in them now, as much as a turn of the loop takes. */
  receive(): void;
  /** Answers all that waits in them once they are retired. */
  drain(): void;
  /** Takes them out of their group, for good: nothing new comes to them, and what has come is answered by `drain`. */
  retire(): void;
  /** From now on `retire` leaves them in their group, and `drain` answers what waits just then: another process may read them, too. */
  spare(): void;
  /** Reads them no longer; they stay open. Harmless when done before. */
  stop(): void;
}

/** The TCP connections of clients, as far as a twin has to do with them. */
export interface SharedConnections {
  readonly count: number;
  /** How many of them no backup holds. */
  readonly untold: number;
  readonly all: Iterable<SharedConnection>;
  /** From now on this backup holds them, too. */
  backUp(backup: ConnectionBackup): void;
  /** Whether the backup has taken them; they are let go of then. */
  lost(): boolean;
  /** Tells the backup of those it does not hold yet, as far as that is possible now; the rest later. */
  tellUntold(): void;
  /** Goes on with a connection that another process has served; it is ours from now on. Undefined when it is broken. */
  adopt(fd: number, position: Position): SharedConnection | undefined;
}

export interface SharedConnection {
  readonly fd: number;
}

/** A query that another process received and did not answer, copied out of its arena. */
export interface Unanswered {
  /** Number of the cell it lay in. */
  readonly place: number;
  /** The cell: header, message, zero bytes. */
  readonly cell: Uint8Array;
  /** Bytes of the message; of a datagram there may be more than its cell has. */
  readonly length: number;
  /** Place of the endpoint it came to in our table; or the connection it came by, when it is at least CONNECTION_TAG. */
  readonly tag: number;
  /** A process before that one had it in hand when it died. */
  readonly triedBefore: boolean;
}

/**
 * plain: like any query. suspect: its process had it in hand, so it is marked before it is read. refused: SERVFAIL without a
 * look at it, since its process may have died of it.
 */
export type ReplayManner = 'plain' | 'suspect' | 'refused';

/**
 * What becomes of our sockets and connections once this process has ended. taken: the twin goes on with them, so all is left as
 * it stands. read: it reads the sockets, the rest is ours to end or to pass on. unsure: it holds all and does not answer just
 * now; what is being asked is waited for. none: there is no twin.
 */
export type Succession = 'taken' | 'read' | 'unsure' | 'none';
