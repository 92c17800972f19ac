// queue-watch — notices that sockets are not read: the same datagram, or connection, waits at their head look after look.
//
// It needs no word from their reader, so it sees what a beat hides: a process that lives and cannot read, for want of memory
// or because a call keeps failing; and a twin whose memory is unknown, and so its beat.

import { queueHead } from 'node-reuseport';
import type { ListenSockets } from '../../src/handover/sockets.ts';
import { BEAT_EVERY, UNREAD } from '../timing.ts';

const LOOKS = UNREAD / BEAT_EVERY;

export class QueueWatch {
  readonly #fds: readonly number[];
  readonly #heads: Int32Array;
  /** Looks in a row at which a queue had the same head. */
  readonly #same: Uint8Array;

  constructor(sockets: readonly ListenSockets[]) {
    this.#fds = sockets.flatMap(({ udp, tcp }) => [udp, tcp]);
    this.#heads = new Int32Array(this.#fds.length);
    this.#same = new Uint8Array(this.#fds.length);
  }

  /** Looks once, BEAT_EVERY after the look before; true when some queue has not moved for UNREAD. */
  isUnread(): boolean {
    let found = false;
    for (const [i, fd] of this.#fds.entries()) {
      const head = queueHead(fd);
      const same = head > 0 && head === this.#heads[i];
      this.#heads[i] = head;
      this.#same[i] = same ? this.#same[i]! + 1 : 0;
      if (this.#same[i]! >= LOOKS) found = true;
    }
    if (found) this.#same.fill(0);
    return found;
  }
}
