// relief — a twin that waits for a processor is relieved of the datagrams that wait for it: in time we have left over, a few in
// each look, each once. It has the rest of its work, its connections above all, still to do itself: taking those would cost both
// more than it spares. So has it the one it is busy with: it may hang on that, having used up its share of the processor
// before it was observed, and then we would hang on it, too.

import { monotonicMs } from 'node-reuseport';
import { BEAT, CONNECTION_TAG, IN_HAND } from '../../src/handover/arena-words.ts';
import type { Handover } from '../../src/handover/handover.ts';
import type { Holdings } from '../peers/holdings.ts';
import { REPLAYS_TAKE } from '../timing.ts';
import { placesIn } from './takeover.ts';
import { type Left, unanswered } from './unanswered.ts';

type Relieved = Pick<Holdings, 'layout' | 'memory' | 'places' | 'word' | 'replayed'>;

export class Relief {
  readonly #handover: Pick<Handover, 'replay' | 'endpoints'>;
  readonly #now: () => number;
  /** The silence it is relieved in: its last beat, and what was found then and is still to be looked at. */
  #beat: number | undefined;
  #found: readonly Left[] = [];
  #next = 0;

  constructor(handover: Pick<Handover, 'replay' | 'endpoints'>, now: () => number = monotonicMs) {
    this.#handover = handover;
    this.#now = now;
  }

  /** Answers some of what a silent twin has in hand; returns how many. @throws what a query throws; it is not tried again */
  look(holdings: Relieved): number {
    const { layout, memory, replayed } = holdings;
    if (layout === undefined) return 0;
    const beat = holdings.word(BEAT);
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#found = unanswered(memory, layout, placesIn(this.#handover, holdings));
      this.#next = 0;
    }
    let answered = 0;
    for (const end = this.#now() + REPLAYS_TAKE; this.#next < this.#found.length && this.#now() < end; ) {
      const left = this.#found[this.#next++]!;
      if (left.tag >= CONNECTION_TAG || replayed.has(left) || holdings.word(BEAT) !== beat) continue;
      if (holdings.word(IN_HAND) === left.place + 1) continue;
      const query = left.copy();
      if (query === undefined) continue;
      replayed.add(left);
      this.#handover.replay(query, 'plain');
      answered++;
    }
    return answered;
  }
}
