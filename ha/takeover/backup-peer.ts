// backup-peer — the process that would go on with our TCP connections: it is told of them, and asked whether it has taken them.

import { EPOCH, TAKEN } from '../../src/handover/arena-words.ts';
import type { Protection } from '../../src/handover/connection-backup.ts';
import type { Journal } from '../../src/handover/journal.ts';
import { CONNECTION_BYTES, encodeBacklog, writeConnection } from '../link/protocol.ts';
import type { Peer } from '../peers/peer.ts';

/** Answers in one message at most, bytes. */
const PIECE = 32 << 10;

export class Guard implements Protection {
  readonly peer: Peer;
  readonly #journal: Journal;
  readonly #isOnly: () => boolean;
  readonly #message = new Uint8Array(CONNECTION_BYTES);
  readonly #view = new DataView(this.#message.buffer);
  #gone = false;

  /** @param isOnly whether nobody but us can have been told of connections by it */
  constructor(peer: Peer, journal: Journal, isOnly: () => boolean) {
    this.peer = peer;
    this.#journal = journal;
    this.#isOnly = isOnly;
  }

  get channel(): number {
    return this.#gone ? -1 : this.peer.channel.fd;
  }

  get memory(): number {
    return this.peer.estate?.memoryFd ?? -1;
  }

  announcement(record: number, generation: number): Uint8Array {
    writeConnection(this.#view, record, generation);
    return this.#message;
  }

  tell(fd: number, record: number, generation: number): boolean {
    if (this.#gone) return false;
    const bytes = this.announcement(record, generation);
    return this.peer.channel.sendBulk(bytes, bytes.length, Int32Array.of(fd));
  }

  whenReady(task: () => void): void {
    if (!this.#gone) this.peer.channel.whenReady(task);
  }

  keep(record: number, generation: number, offset: number, answers: Uint8Array): boolean {
    if (this.#gone) return true;
    for (let at = 0; at < answers.length; at += PIECE) {
      const bytes = encodeBacklog(record, generation, offset + at, answers.subarray(at, at + PIECE));
      if (!this.peer.channel.sendBulk(bytes, bytes.length)) return false;
    }
    return true;
  }

  taken(): boolean {
    const { estate } = this.peer;
    if (estate === undefined) return false;
    const epoch = this.#journal.header[EPOCH];
    return estate.word(TAKEN[0]) === epoch || estate.word(TAKEN[1]) === epoch;
  }

  tookInVain(): boolean {
    return this.peer.estate?.life.isGone === true && this.#isOnly();
  }

  takeBack(fd: number, record: number, generation: number): void {
    this.peer.estate!.takenFromUs.hold(record, generation, fd);
  }

  /** Its channel has ended; what it took it may still have taken. */
  gone(): void {
    this.#gone = true;
  }
}
