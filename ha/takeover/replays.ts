// replays — queries of another process that are to be answered here: those that can be at once, and the rest a little in each
// turn of the loop, so that new queries do not wait for all of them.

import { monotonicMs } from 'node-reuseport';
import { CONNECTION_TAG } from '../../src/handover/arena-words.ts';
import type { Handover, ReplayManner, SharedConnection } from '../../src/handover/handover.ts';
import { REPLAYS_TAKE } from '../timing.ts';
import type { Left } from './unanswered.ts';

/** A query, and how it is answered. */
export interface Replay {
  readonly query: Left;
  readonly manner: ReplayManner;
}

/** In order; and what is to be done behind the last of them. */
interface Batch {
  readonly replays: readonly Replay[];
  readonly connections: ReadonlyMap<number, SharedConnection>;
  readonly behind: () => void;
  next: number;
}

export class Replays {
  readonly #handover: Handover;
  readonly #panicked: (error: unknown) => void;
  readonly #now: () => number;
  readonly #batches: Batch[] = [];
  #scheduled: NodeJS.Immediate | undefined;

  /** @param panicked told of what a query has thrown; the others are answered all the same  @param now monotonic milliseconds */
  constructor(handover: Handover, panicked: (error: unknown) => void, now: () => number = monotonicMs) {
    this.#handover = handover;
    this.#panicked = panicked;
    this.#now = now;
  }

  /**
   * Begins now, behind those that are not done yet.
   * @param connections those that queries came by, by record  @param behind done when the last of them is
   */
  add(
    replays: readonly Replay[],
    connections: ReadonlyMap<number, SharedConnection>,
    behind: () => void = () => {},
  ): void {
    this.#batches.push({ replays, connections, behind, next: 0 });
    if (this.#scheduled === undefined) this.#turn();
  }

  /** All that is left, now: this process ends. */
  finish(): void {
    this.stop();
    while (this.#batches.length > 0) this.#step();
  }

  stop(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #turn(): void {
    this.#scheduled = undefined;
    const end = this.#now() + REPLAYS_TAKE;
    do this.#step();
    while (this.#batches.length > 0 && this.#now() < end);
    if (this.#batches.length > 0) this.#scheduled = setImmediate(() => this.#turn());
  }

  /** One query; what cannot be answered is passed over. */
  #step(): void {
    const [batch] = this.#batches;
    if (batch === undefined) return;
    const replay = batch.replays[batch.next++];
    try {
      if (replay !== undefined) return this.#replay(replay, batch);
      this.#batches.shift();
      batch.behind();
    } catch (error) {
      this.#panicked(error);
    }
  }

  #replay({ query, manner }: Replay, { connections }: Batch): void {
    const found = query.copy();
    if (found === undefined) return;
    this.#handover.journal.beat(this.#now());
    this.#handover.replay(found, manner, connections.get(query.tag - CONNECTION_TAG));
  }
}
