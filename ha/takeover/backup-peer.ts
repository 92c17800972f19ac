// backup-peer — the twin as the process that would go on with our TCP connections: it is told of them, and asked whether it
// has taken them.

import { EPOCH, TAKEN } from '../../src/handover/arena-words.ts';
import type { ConnectionBackup } from '../../src/handover/connection-backup.ts';
import type { Handover } from '../../src/handover/handover.ts';
import type { Journal } from '../../src/handover/journal.ts';
import { CONNECTION_BYTES, encodeBacklog, writeConnection } from '../link/protocol.ts';
import type { Peer } from '../peers/peer.ts';

/** Answers in one message at most, bytes. */
const PIECE = 32 << 10;

export class BackupPeer implements ConnectionBackup {
  readonly peer: Peer;
  readonly #journal: Journal;
  readonly #message = new Uint8Array(CONNECTION_BYTES);
  readonly #view = new DataView(this.#message.buffer);
  #gone = false;

  constructor(peer: Peer, journal: Journal) {
    this.peer = peer;
    this.#journal = journal;
  }

  get channel(): number {
    return this.#gone ? -1 : this.peer.channel.fd;
  }

  get memory(): number {
    return this.peer.holdings?.memoryFd ?? -1;
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
    const { holdings } = this.peer;
    return holdings?.layout !== undefined && holdings.word(TAKEN) === this.#journal.header[EPOCH];
  }

  /** The twin of the twin is us: there is no other process it could have told of them. */
  tookInVain(): boolean {
    return this.peer.holdings?.state.isGone === true;
  }

  takeBack(fd: number, record: number, generation: number): void {
    this.peer.holdings!.takenFromUs.hold(record, generation, fd);
  }

  /** Its channel has ended; what it took it may still have taken. */
  gone(): void {
    this.#gone = true;
  }
}

/** One process holds our connections, for as long as it lives. @param before the one that does  @returns the one that does now */
export function chooseBackup(
  handover: Handover | undefined,
  peer: Peer | undefined,
  before: BackupPeer | undefined,
): BackupPeer | undefined {
  // Whether it understands our memory is for it to say; it is told as long as it speaks our protocol.
  if (handover === undefined || !peer?.serves || !peer.isOurs) return before;
  if (before?.peer === peer && before.channel >= 0) return before;
  const backup = new BackupPeer(peer, handover.journal);
  handover.connections.backUp(backup);
  return backup;
}
