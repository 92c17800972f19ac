// connection-backup — what the server of TCP connections asks of the process that would go on with them if this one ended.

/** Where a connection stands that another process has served before. */
export interface Position {
  /** Bytes written so far. */
  readonly written: number;
  /** Answers that were composed and not written. */
  readonly backlog: Uint8Array | undefined;
  /** Where in the unread bytes a query begins that its server may have crashed on; undefined: nowhere. */
  readonly suspectAt?: number | undefined;
}

/** What became of a connection that should be left to another process. later: it can be tried again. kept: there is none. */
export type Passing = 'passed' | 'later' | 'kept';

export interface ConnectionBackup {
  /** Descriptor that accepted connections are told to as they are accepted; -1: the backup is gone. */
  readonly channel: number;
  /** Descriptor of the memory in which it says whose connections it has taken (TAKEN); -1: there is none. */
  readonly memory: number;
  /** What is told along with a connection. Valid until the next call. */
  announcement(record: number, generation: number): Uint8Array;
  /** Tells of a connection; false when that is not possible right now. */
  tell(fd: number, record: number, generation: number): boolean;
  /** Runs `task` once the channel has room; never after the backup is gone. */
  whenReady(task: () => void): void;
  /**
   * Keeps answers a client has not read: they follow what was written before, up to `offset` bytes. False when not all of
   * them could be told right now.
   */
  keep(record: number, generation: number, offset: number, answers: Uint8Array): boolean;
  /** The backup thought us stuck and has taken our connections: they must not be touched. */
  taken(): boolean;
  /** Whether the backup died after it had taken them, and left them to no other process: they are kept then. */
  tookInVain(): boolean;
  /** Keeps such a connection; the descriptor is the backup's from now on. */
  takeBack(fd: number, record: number, generation: number): void;
}
