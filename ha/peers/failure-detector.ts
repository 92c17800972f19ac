// failure-detector — how a process that serves a slot fares, in one word, from what it shows of itself and what the kernel tells.
//
//     the end of its channel   custody hears of it first: dead, or a channel that was cut
//     its beat                 a word of its memory, written every BEAT_EVERY and with each batch
//     its queues               whether what waits at their head moves, or it counts what it reads
//     its process state        what the kernel tells of it: gone, stopped, busy
//
//        ┌────────────────────── beats, and its queues move ◄──────────────────┐
//        ▼                                                                      │
//     'well' ── a queue does not move ──► 'unread' ── no beat for SILENT ──► 'silent' ── observed for OBSERVED, ──► 'stuck'
//        │                                                                      ▲        or OBSERVED_BUSY with
//        └─────────────────────── no beat for SILENT ───────────────────────────┘        work in hand
//
//     any of them ── it runs no code any more ──► 'gone'

import { BEAT, IN_HAND } from '../../src/handover/arena-words.ts';
import { LOST, OBSERVED, OBSERVED_BUSY, OBSERVED_FROM, SILENT } from '../timing.ts';
import type { Holdings } from './holdings.ts';
import { QueueWatch } from './queue-watch.ts';

export type Health = 'well' | 'unread' | 'silent' | 'stuck' | 'gone';

export class FailureDetector {
  readonly #holdings: Holdings;
  readonly #queues: QueueWatch;

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
    this.#queues = new QueueWatch(holdings.sockets, (word) => holdings.word(word));
  }

  /**
   * Looks once; called every BEAT_EVERY.
   * @param now monotonic milliseconds
   * @param leaves it has told that it ends: that it is gone is told by its channel first
   * @param isHelped its sockets are read beside it, so its queues tell nothing of it
   */
  look(now: number, leaves: boolean, isHelped: boolean): Health {
    const { state } = this.#holdings;
    const silence = this.#holdings.silence(now);
    const beat = this.#holdings.word(BEAT);
    if (silence > OBSERVED_FROM) {
      state.observe(beat, silence);
      if ((!leaves || silence > SILENT) && state.isGone) return 'gone';
    }
    if (silence > SILENT) {
      // Perhaps we did not run, and it did.
      const mayHang = this.#holdings.word(IN_HAND) > 0 && !state.isStopped;
      return state.observedFor(beat) < (mayHang ? OBSERVED_BUSY : OBSERVED) ? 'silent' : 'stuck';
    }
    return !isHelped && this.#queues.isUnread() ? 'unread' : 'well';
  }
}

/** Whether a process whose channel has ended does nothing any more: most such are dead, a few live and dial again. */
export function isLost(holdings: Holdings, now: number): boolean {
  return holdings.state.isGone || holdings.silence(now) > LOST;
}
