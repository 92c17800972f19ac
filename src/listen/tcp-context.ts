// tcp-context — what the TCP connections of an instance share, and ask of their table.

import type { Arena } from 'node-reuseport';
import type { Budget } from '../budget.ts';
import type { Counters } from '../counters.ts';
import type { ConnectionRecords } from '../handover/connection-records.ts';
import type { Journal } from '../handover/journal.ts';
import type { Ownership } from '../handover/ownership.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import type { Resting } from '../handover/resting.ts';
import type { Deadlines } from '../loop/deadlines.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Service } from '../serve.ts';
import type { Tap } from '../top/tap.ts';
import type { ClientShares } from './client-shares.ts';

/** What the table is given. */
export interface TcpParts {
  readonly arena: Arena;
  readonly parking: ParkedCells;
  readonly journal: Journal;
  readonly resting: Resting;
  readonly service: Service;
  readonly counters: Counters;
  readonly budget: Budget;
  readonly shares: ClientShares;
  readonly tap: Tap;
  readonly loop: EventLoop;
  readonly deadlines: Deadlines;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
  /** Told when connections have to wait, since none can be accepted: -errno. */
  readonly onNoRoom: (error: number) => void;
  /** There is something with a time limit now: the table is swept as long as there is. */
  readonly sweepLater: () => void;
}

/** What all connections of an instance share. */
export interface TcpContext extends TcpParts {
  readonly records: ConnectionRecords;
  readonly ownership: Ownership;
  /** What a client has not read could not be told to the backup: `keep` is to be tried again. */
  keepLater(answers: { keep(): void }): void;
  /** So many bytes were written to a client. */
  wrote(bytes: number): void;
  /** Tells the backup as soon as possible of what it does not know. */
  tellLater(): void;
  /** Releases a query of a connection that has ended; `given`: its taker may not have seen yet that it has to answer it. */
  release(frame: { release(): void }, given: boolean): void;
  /** Releases the record of a connection that has ended; `given`: queries of it were released so. */
  forget(record: number, given: boolean): void;
}

/** What a connection is one of. */
export interface ConnectionKeeper {
  /** It has ended, or is another process's. */
  ended(): void;
  /** The backup can go on with it no longer; it is told of it again when it can. */
  untold(): void;
  /** It wants a turn. */
  ready(): void;
}
