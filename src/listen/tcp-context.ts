// tcp-context — what the connections of an instance share, and ask of their server.

import type { Arena } from 'node-reuseport';
import type { Counters } from '../counters.ts';
import type { ConnectionRecords } from '../handover/connection-records.ts';
import type { Journal } from '../handover/journal.ts';
import type { Ownership } from '../handover/ownership.ts';
import type { ParkedCells } from '../handover/parked-cells.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import type { Service } from '../serve.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { ParkedFrame } from './parked-frame.ts';

/** What the server is given. */
export interface TcpParts {
  readonly arena: Arena;
  readonly parking: ParkedCells;
  readonly journal: Journal;
  readonly service: Service;
  readonly counters: Counters;
  readonly loop: EventLoop;
  readonly now: () => number;
  readonly onPanic: (error: unknown) => void;
}

/** What all connections of an instance share. */
export interface TcpContext extends TcpParts {
  readonly records: ConnectionRecords;
  readonly ownership: Ownership;
  /** What a client has not taken could not be told; it is asked to tell it again. */
  keepLater(answers: AnswerStream): void;
  /** Releases a query of a connection that has ended; `given`: another process may not have seen yet that it has to answer. */
  release(frame: ParkedFrame, given: boolean): void;
  /** Releases the record of a connection that has ended; `given`: queries of it were released so. */
  forget(record: number, given: boolean): void;
}
