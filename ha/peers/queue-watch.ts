// queue-watch — notices that sockets are not read: the same datagram, or connection, waits at their head look after look, and
// their reader counts nothing that it has read meanwhile.
//
// The head alone would be wrong of a client that sends one datagram again and again. The count alone is not known of a twin whose
// memory is unknown, or that counts nothing. A beat hides what the two show: a process that lives and cannot read, for want
// of memory or because a call keeps failing.

import { queueHead } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import { readsWord } from '../../src/handover/arena-words.ts';
import type { ListenSockets } from '../../src/handover/sockets.ts';
import { sameEndpoint } from '../../src/options/endpoint.ts';
import { BEAT_EVERY, UNREAD } from '../timing.ts';

const LOOKS = UNREAD / BEAT_EVERY;

interface Queue {
  readonly fd: number;
  /** Where its reader counts what it reads; negative: nowhere. */
  readonly word: number;
  head: number;
  reads: number;
  /** Looks in a row at which it had the same head and the same count. */
  same: number;
}

export class QueueWatch {
  readonly #queues: readonly Queue[];
  readonly #wordOf: (word: number) => number;
  /** Whether something waited at the last look, and whether something was read since the one before. */
  waits = false;
  moved = false;

  /**
   * @param wordOf reads a word of their reader's journal; 0: it is not known
   * @param places endpoints in the order in which their reader counts
   */
  constructor(
    sockets: readonly ListenSockets[],
    wordOf: (word: number) => number,
    places: readonly Endpoint[],
  ) {
    this.#wordOf = wordOf;
    this.#queues = sockets.flatMap((one) =>
      (['udp', 'tcp'] as const).map((kind) => ({
        fd: one[kind],
        word: readsWord(
          places.findIndex((place) => sameEndpoint(place, one)),
          kind,
        ),
        head: 0,
        reads: 0,
        same: 0,
      })),
    );
  }

  /** Looks once, BEAT_EVERY after the look before; true when some queue has not moved for UNREAD. */
  isUnread(): boolean {
    let found = false;
    this.waits = false;
    this.moved = false;
    for (const queue of this.#queues) {
      const head = queueHead(queue.fd);
      const reads = queue.word < 0 ? 0 : this.#wordOf(queue.word);
      if (head > 0) this.waits = true;
      if (reads !== queue.reads) this.moved = true;
      const same = head > 0 && head === queue.head && reads === queue.reads;
      queue.head = head;
      queue.reads = reads;
      queue.same = same ? queue.same + 1 : 0;
      if (queue.same >= LOOKS) found = true;
    }
    if (found) for (const queue of this.#queues) queue.same = 0;
    return found;
  }
}
