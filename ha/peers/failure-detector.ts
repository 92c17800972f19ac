// failure-detector — how a process that serves a slot fares, in one word, from what it shows of itself and what the kernel tells.
//
//     the end of its channel   custody hears of it first: dead, or a channel that was cut
//     its beat                 a word of its memory, written every BEAT_EVERY and with each batch
//     its rest                 another one: it has nothing in hand, and beats no more until something comes
//     its queues               whether what waits at their head moves, or it counts what it reads
//     its process state        what the kernel tells of it: gone, stopped, busy, waiting for a processor
//
//        ┌────────────────────── beats, and its queues move ◄──────────────────┐
//        ▼                                                                      │
//     'well' ── a queue does not move ──► 'unread' ── no beat for SILENT ──► 'silent' ── observed for OBSERVED, ──► 'stuck'
//        │                                                                      ▲        or OBSERVED_BUSY with
//        └─────────────────────── no beat for SILENT ───────────────────────────┘        work in hand
//
// A process that waits for a processor is not stuck: that time is not counted. To do its work as well would take from both what
// there is too little of. So it stays silent, unless we have had time left over for long.
//
//     any of them ── it runs no code any more ──► 'gone'

import { BEAT, IN_HAND } from '../../src/handover/arena-words.ts';
import { FAR, LOST, OBSERVED, OBSERVED_BUSY, OBSERVED_FROM, SILENT, STARVED } from '../timing.ts';
import type { Holdings } from './holdings.ts';
import { QueueWatch } from './queue-watch.ts';

export type Health = 'well' | 'unread' | 'silent' | 'stuck' | 'gone';

export class FailureDetector {
  readonly #holdings: Holdings;
  readonly #queues: QueueWatch;

  constructor(holdings: Holdings) {
    this.#holdings = holdings;
    this.#queues = new QueueWatch(holdings.sockets, (word) => holdings.word(word), holdings.places);
  }

  /** Whether nothing came to it between the last two looks. */
  get isUnasked(): boolean {
    return !this.#queues.waits && !this.#queues.moved;
  }

  /**
   * Looks once; called every BEAT_EVERY.
   * @param now monotonic milliseconds
   * @param leaves it has told that it ends: that it is gone is told by its channel first
   * @param isHelped its sockets are read beside it, so its queues tell nothing of it
   * @param ownDelay how late we are ourselves, milliseconds
   */
  look(now: number, leaves: boolean, isHelped: boolean, ownDelay: number): Health {
    const { rest, state } = this.#holdings; // before its queues: what is read meanwhile, another rest follows
    const silence = this.#holdings.silence(now);
    const beat = this.#holdings.word(BEAT);
    if (silence > OBSERVED_FROM) {
      state.observe(beat, silence);
      if ((!leaves || silence > SILENT) && state.isGone) return 'gone';
    }
    if (silence > SILENT) {
      // Perhaps we did not run, and it did.
      const mayHang = this.#holdings.word(IN_HAND) > 0 && !state.isStopped;
      const isObserved = state.observedFor(beat) >= (mayHang ? OBSERVED_BUSY : OBSERVED);
      return isObserved || (silence > STARVED && hasTimeFor(silence, ownDelay)) ? 'stuck' : 'silent';
    }
    if (isHelped) return 'well';
    const isUnread = this.#queues.isUnread();
    this.#holdings.call(rest, this.#queues.waits, now);
    return isUnread ? 'unread' : 'well';
  }
}

/** Whether we have processor time left over for a process that has been silent for `silence` milliseconds, waiting for some. */
export function hasTimeFor(silence: number, ownDelay: number): boolean {
  return silence > FAR * ownDelay;
}

/** Whether a process whose channel has ended does nothing any more: most such are dead, a few live and dial again. */
export function isLost(holdings: Holdings, now: number): boolean {
  const silence = holdings.silence(now);
  if (holdings.state.isGone || silence <= LOST) return holdings.state.isGone;
  holdings.state.observe(holdings.word(BEAT), silence);
  return holdings.state.observedFor(holdings.word(BEAT)) >= OBSERVED;
}
