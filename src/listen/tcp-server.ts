// tcp-server — accepts connections of clients, within limits, and tells the backup of each as it is accepted.

import { ADDRESS_BYTES, accept, close, formatAddress, UNTOLD } from 'node-reuseport';
import type { ConnectionTable } from './connection-table.ts';
import { TcpListener } from './tcp-listener.ts';

export class TcpServer {
  readonly #table: ConnectionTable;
  readonly #peer = new Uint8Array(ADDRESS_BYTES);

  constructor(table: ConnectionTable) {
    this.#table = table;
  }

  /** Accepts the connections of a listening socket, which stays its owner's. */
  listen(fd: number): TcpListener {
    return new TcpListener(fd, this.#table.context.loop, () => this.#accept(fd));
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** False when there is none to accept. */
  #accept(listener: number): boolean {
    const { records } = this.#table;
    // First: with what was taken this one would be let go of, too, and the taker of the rest does not know of it.
    this.#table.lost();
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
      return false; // none left, or no descriptor: the queue keeps them until there is one
    }
    this.#admit(accepted & ~UNTOLD, record, backup !== undefined && (accepted & UNTOLD) === 0);
    return true;
  }

  #admit(fd: number, record: number, told: boolean): void {
    const { events } = this.#table.context.counters;
    if (!this.#table.hasRoom(formatAddress(this.#peer, 0).address)) {
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
