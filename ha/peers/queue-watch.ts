// queue-watch — notices that somebody's sockets are not read: the same datagram, or a connection, waits at two looks in a row.
//
// It needs no word from the one who should read them, so a process that is stopped, stuck or starved is noticed alike.

import { queueHead } from 'node-reuseport';
import type { ListenSockets } from '../../src/listen/sockets.ts';

/** Milliseconds between looks. */
export const LOOK = 10;
/** Looks at the same head after which nobody seems to read: it is then at least 20 ms old. */
const SAME = 2;

export class Watch {
  readonly #fds: readonly number[];
  readonly #heads: Int32Array;
  readonly #seen: Uint8Array;

  constructor(sockets: readonly ListenSockets[]) {
    this.#fds = sockets.flatMap(({ udp, tcp }) => [udp, tcp]);
    this.#heads = new Int32Array(this.#fds.length);
    this.#seen = new Uint8Array(this.#fds.length);
  }

  /** Looks once; true when some queue has not moved. */
  stuck(): boolean {
    let found = false;
    for (const [i, fd] of this.#fds.entries()) {
      const head = queueHead(fd);
      const same = head > 0 && head === this.#heads[i];
      this.#heads[i] = head;
      this.#seen[i] = same ? this.#seen[i]! + 1 : 0;
      if (this.#seen[i]! >= SAME) found = true;
    }
    if (found) this.#seen.fill(0);
    return found;
  }
}
