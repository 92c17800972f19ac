// connection-backup — what the TCP server asks of whoever would go on with its connections if this process ended.

/** Where a connection stands that another process has served before. */
export interface Inherited {
  /** Bytes written so far. */
  readonly written: number;
  /** Answers that were composed and not written. */
  readonly behind: Uint8Array | undefined;
  /** Where in the unread bytes a query begins that its server may have crashed on; -1: nowhere. */
  readonly suspectAt: number;
}

/** What became of a connection that should be left to somebody else. later: it can be tried again. */
export type Passing = 'passed' | 'later' | 'nobody';

export interface Protection {
  /** Descriptor that accepted connections are told to as they are accepted; -1: there is nobody any more. */
  readonly channel: number;
  /** Descriptor of the memory in which it says whose connections it has taken (TAKEN); -1: there is none. */
  readonly memory: number;
  /** What is told along with a connection. Valid until the next call. */
  announcement(record: number, generation: number): Uint8Array;
  /** Tells of a connection; false when that is not possible right now. */
  tell(fd: number, record: number, generation: number): boolean;
  /** Runs `task` when it may be possible again; never, if there is nobody any more. */
  whenReady(task: () => void): void;
  /**
   * Keeps answers a client has not taken: they follow what was written before, up to `offset` bytes. False when not all of
   * them could be told right now.
   */
  keep(record: number, generation: number, offset: number, answers: Uint8Array): boolean;
  /** The other process thought us stuck and has taken our connections: they must not be touched. */
  taken(): boolean;
  /** Whether whoever has taken them is dead and has left them to nobody: what we let go of is to be kept then. */
  tookInVain(): boolean;
  /** Keeps such a connection; the descriptor is the protection's from now on. */
  takeBack(fd: number, record: number, generation: number): void;
}
