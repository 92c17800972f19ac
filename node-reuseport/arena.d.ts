// arena — memory that datagrams are received into and answered from, and what lies where in it.

export interface ArenaOptions {
  /** Datagrams a receive takes at most. 1–1024, default 64. */
  ring?: number;
  /** Cells beyond the ring, for datagrams that wait. Default 0. */
  parked?: number;
  /** Bytes of a datagram that are kept. 64–65536, default 1280. */
  payload?: number;
  /** Reply records a send takes at most. Default 64. */
  replies?: number;
  /** Bytes of the outbox. Default 131072. */
  outbox?: number;
  /** Bytes of {@link Arena.records}. Default 0. */
  records?: number;
}

/**
 * Memory datagrams are received into and answered from. A cell is `stride` bytes: a header (length and hash of the
 * datagram, its sender's sockaddr; CELL_… tell where) and the payload, followed by at least ZERO_TAIL zero bytes.
 * The memory is a memfd (`fd`) sealed against shrinking, so it can be shared with another process; where the kernel knows
 * that seal (5.1), no other process can write to it.
 */
export class Arena {
  constructor(options: ArenaOptions);
  /** Belongs to the arena, which closes it when it and its arrays are garbage: pass it on, never close it. */
  readonly fd: number;
  readonly ring: number;
  readonly cells: number;
  readonly payload: number;
  readonly stride: number;
  /** Reply records that fit. */
  readonly capacity: number;
  readonly memory: Uint8Array;
  /** Records of REPLY_WORDS words: cell (its sender gets it), region, offset and length in that region. */
  readonly replies: Int32Array;
  /** The words of the header page; from HEAD_USER on they are the user's. */
  readonly header: Int32Array;
  /** Memory beside the cells, the user's: what must outlive the process. */
  readonly records: Uint8Array;
  /** Region 0: bytes to send. */
  readonly outbox: Uint8Array;
  /**
   * Fills cells 0 … n-1 and returns n, or -errno. CELL_LENGTH is the datagram's own length: when larger than
   * `payload` the rest was cut off. What the receive before has left in the ring must have been dealt with: its lengths in
   * the vector become 0, by which another holder of the memory knows that they are no longer its business. CELL_HASH
   * covers the bytes kept, without the first two (keyed anew each start).
   */
  receive(fd: number, tag?: number): number;
  /** Makes `bytes` region 1: replies from it, at least 2 bytes, get the first two of their cell's datagram (an id). */
  attach(bytes: Uint8Array): void;
  /**
   * Sends the first `count` records; returns how many the kernel took. Waits up to 20 ms for a full send buffer. Negative: so
   * many records, the last ones, are not sent for want of room, and may be sent later.
   * @throws TypeError when a record points outside of its region; nothing is sent then
   */
  send(fd: number, count: number): number;
  /**
   * From now on a fatal signal (SIGSEGV, SIGABRT …) stores its number in that word of the header, then takes its course:
   * readers of the memory can tell a crash from a SIGKILL. A signal that another process sent leaves nothing, nor does one
   * that is handled, by V8 for WebAssembly or by a listener that was there before. Only one arena of a process can do this,
   * and stays until the process ends.
   * @param word from HEAD_USER on
   */
  markCrashes(word: number): void;
}

export const CELL_LENGTH: 0;
export const CELL_HASH: 1;
/** Free for the arena's user; receive leaves it alone. */
export const CELL_STATE: 2;
/** What receive was given as `tag`. */
export const CELL_TAG: 3;
export const CELL_ADDRESS_LENGTH: 4;
/** Free for the arena's user, too. */
export const CELL_USER: 5;
export const CELL_ADDRESS: 24;
export const CELL_PAYLOAD: 64;
/** Words (32 bits) of the first page of an arena's memory: byte offsets and sizes; ARENA_MAGIC is stored last. */
export const HEAD_MAGIC: 0;
export const HEAD_VERSION: 1;
export const HEAD_RING: 2;
export const HEAD_CELLS: 3;
export const HEAD_PAYLOAD: 4;
export const HEAD_STRIDE: 5;
/** Where the kernel stored the length of the datagram in cell 0 of the ring, and how far apart the lengths are. */
export const HEAD_LENGTHS: 6;
export const HEAD_LENGTH_STRIDE: 7;
export const HEAD_FIRST_CELL: 8;
/** The tag of the batch in the ring. */
export const HEAD_TAG: 9;
export const HEAD_RECORDS: 10;
export const HEAD_RECORDS_SIZE: 11;
export const HEAD_USER: 64;
export const ARENA_MAGIC: 0x616e6572;
export const ARENA_VERSION: 2;
/** Bytes after what is kept of a datagram that are always zero. */
export const ZERO_TAIL: 8;
export const REPLY_WORDS: 4;
export const REGION_OUTBOX: 0;
export const REGION_ATTACHED: 1;
