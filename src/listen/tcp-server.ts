// tcp-server — accepts connections of clients, within limits, and tells the backup of each as it is accepted.

import { ADDRESS_BYTES, accept, close, EMFILE, ENFILE, UNTOLD } from 'node-reuseport';
import type { ConnectionTable } from './connection-table.ts';
import { TcpListener } from './tcp-listener.ts';

export class TcpServer {
  readonly #table: ConnectionTable;
  readonly #peer = new Uint8Array(ADDRESS_BYTES);

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /**
   * Accepts the connections of a listening socket, which stays its owner's.
   * @param readsWord of the journal, where what is accepted is counted; -1: it is not, being another instance's
   */
  listen(fd: number, readsWord = -1): TcpListener {
    const { journal } = this.#table.context;
    return new TcpListener(fd, this.#table.context, () => {
      const result = this.#accept(fd);
      if (result === 0) journal.countRead(readsWord);
      return result;
    });
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** 0, or -errno: EAGAIN when there is none to accept. Where there is no descriptor for one, another connection makes room. */
  #accept(listener: number): number {
    const result = this.#take(listener);
    const isShort = result === -EMFILE || result === -ENFILE;
    return isShort && this.#table.giveUpOne() ? this.#take(listener) : result;
  }

  #take(listener: number): number {
    const { ownership, records } = this.#table;
    // First: with what was taken this one would be let go of, too, and the taker of the rest does not know of it.
    this.#table.lost();
    const { epoch } = ownership;
    const record = records.take();
    const backup = record < 0 ? undefined : this.#table.backup;
    const accepted =
      backup === undefined
        ? accept(listener, this.#peer)
        : accept(
            listener,
            this.#peer,
            backup.channel,
            backup.announcement(record, records.nextGeneration(record)),
          );
    if (accepted < 0) {
      if (record >= 0) records.release(record);
      return accepted;
    }
    const told = backup !== undefined && (accepted & UNTOLD) === 0;
    const room = this.#table.makeRoom(this.#peer);
    if (told && ownership.epoch !== epoch) this.#leave(accepted & ~UNTOLD, record);
    else this.#admit(accepted & ~UNTOLD, record, told, room);
    return 0;
  }

  /** Those before it were found taken when one of them should have made room: it is their taker's, too. */
  #leave(fd: number, record: number): void {
    this.#table.context.counters.events.tcpRelinquished++;
    this.#table.forget(record, true);
    close(fd);
  }

  #admit(fd: number, record: number, told: boolean, room: boolean): void {
    const { events } = this.#table.context.counters;
    if (!room) {
      events.tcpRefused++;
      this.#turnAway(fd, record);
      return close(fd);
    }
    events.tcpAccepted++;
    if (record < 0) events.unprotectedConnections++;
    this.#table.add(fd, this.#peer, record, told);
  }

  /** Ends it for the backup, too, if that was told of it; unless it has taken it meanwhile. */
  #turnAway(fd: number, record: number): void {
    const { ownership, records } = this.#table;
    if (!ownership.enter(record)) return this.#table.forget(record, true);
    if (record >= 0) records.refuse(record);
    ownership.shutdown(record, fd);
    ownership.leave();
  }
}
