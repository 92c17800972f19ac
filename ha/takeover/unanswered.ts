// unanswered — finds in another process's arena what it received and did not answer.
//
// Finding is quick and copying is not, so a query is copied when it is its turn to be answered. Its process may live, have
// answered it by then, and use its cell again: before, or while it is copied. Each cell tells by a number which query it has, and
// a copy counts only if that is the same behind it.

import {
  CELL_ADDRESS,
  CELL_ADDRESS_LENGTH,
  CELL_LENGTH,
  CELL_PAYLOAD,
  CELL_STATE,
  CELL_TAG,
  HEAD_TAG,
} from 'node-reuseport';
import {
  BATCH,
  CELL_SEQUENCE,
  CONNECTION_TAG,
  FREE,
  PARKED_MOST,
  TRIED,
  ZERO_TAIL,
} from '../../src/handover/arena-words.ts';
import type { Unanswered } from '../../src/handover/handover.ts';
import type { Layout } from '../../src/handover/layout.ts';

const AF_INET = 2;
const AF_INET6 = 10;

/** Somewhat more than an arena of ours has cells for: what says that it holds more is none. */
const MOST = 9216;

/** A query that lies in another process's arena. */
export interface Left extends Pick<Unanswered, 'place' | 'tag' | 'triedBefore'> {
  /** Told apart by it from another that lies there later; undefined where its process does not count. */
  readonly stamp: number | undefined;
  /** Undefined when it is there no longer. */
  copy(): Unanswered | undefined;
}

/**
 * All unanswered queries, oldest first: those that were parked came before those in the ring.
 * @param places of its endpoints in our table, by those in the arena's own; left out they are the same
 */
export function unanswered(
  memory: Uint8Array,
  layout: Layout,
  places: readonly number[] = [],
): readonly Left[] {
  const { ring, cells, stride, lengths, lengthStride, firstCell } = layout;
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
  const parkedEnd = Math.min(cells, ring + Math.max(0, words[PARKED_MOST]!));
  const found: Left[] = [];
  const parked: ParkedLeft[] = [];
  const batch = Atomics.load(words, BATCH);
  for (let place = ring; place < parkedEnd && parked.length < MOST; place++) {
    const header = (firstCell + place * stride) >> 2;
    if (Atomics.load(words, header + CELL_STATE) !== FREE)
      parked.push(new ParkedLeft(memory, words, layout, place, header, places));
  }
  parked.sort(bySequence);
  for (const one of parked) found.push(one);
  const shown = Atomics.load(words, HEAD_TAG); // of what is in the ring now, whichever address was read before
  const tag = places[shown] ?? shown;
  const received: Left[] = [];
  for (let place = 0; place < ring; place++) {
    const length = words[(lengths + place * lengthStride) >> 2]!;
    if (length === 0) continue;
    const copied = copyOf(memory, layout, place, length, tag); // now: the next batch comes where it lies
    if (copied === undefined) continue;
    received.push({
      place,
      tag,
      triedBefore: copied.triedBefore,
      stamp: batch || undefined,
      copy: () => copied,
    });
  }
  afterCopying();
  // Another batch has come meanwhile: that one was answered or parked, and what was copied may be half of each.
  return Atomics.load(words, BATCH) === batch ? [...found, ...received] : found;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Thousands of them are looked at in one go, so one is little more than its numbers. */
class ParkedLeft implements Left {
  readonly place: number;
  readonly tag: number;
  readonly triedBefore: boolean;
  readonly stamp: number;
  readonly #memory: Uint8Array;
  readonly #words: Int32Array;
  readonly #layout: Layout;
  readonly #header: number;

  /** @param header the first word of its cell */
  constructor(
    memory: Uint8Array,
    words: Int32Array,
    layout: Layout,
    place: number,
    header: number,
    places: readonly number[],
  ) {
    this.place = place;
    const tag = words[header + CELL_TAG]!;
    this.tag = places[tag] ?? tag;
    this.triedBefore = words[header + CELL_STATE] === TRIED;
    this.stamp = words[header + CELL_SEQUENCE]!;
    this.#memory = memory;
    this.#words = words;
    this.#layout = layout;
    this.#header = header;
  }

  copy(): Unanswered | undefined {
    if (!this.#isThere) return undefined;
    const length = this.#words[this.#header + CELL_LENGTH]!;
    const copied = copyOf(this.#memory, this.#layout, this.place, length, this.tag);
    afterCopying();
    return this.#isThere ? copied : undefined;
  }

  get #isThere(): boolean {
    const words = this.#words;
    if (Atomics.load(words, this.#header + CELL_STATE) === FREE) return false;
    return Atomics.load(words, this.#header + CELL_SEQUENCE) === this.stamp;
  }
}

const spare = new Int32Array(1);

/**
 * What is loaded next is loaded after what was copied. A load by Atomics holds back what follows it, not what came before; a
 * store waits for what came before, and a load by Atomics for the store.
 */
function afterCopying(): void {
  Atomics.store(spare, 0, 0);
}

function bySequence(a: ParkedLeft, b: ParkedLeft): number {
  return (a.stamp - b.stamp) | 0;
}

/** Undefined when there is no query of that length, or none that could be answered. */
function copyOf(
  memory: Uint8Array,
  { payload, stride, firstCell }: Layout,
  place: number,
  length: number,
  tag: number,
): Unanswered | undefined {
  if (length < 0 || (length > payload && tag >= CONNECTION_TAG)) return undefined;
  const kept = Math.min(length, payload);
  const start = firstCell + place * stride;
  const cell = new Uint8Array(CELL_PAYLOAD + kept + ZERO_TAIL);
  cell.set(memory.subarray(start, start + CELL_PAYLOAD + kept));
  const header = new Int32Array(cell.buffer, 0, CELL_PAYLOAD >> 2);
  const addressLength = addressLengthOf(cell);
  if (addressLength === 0 && tag < CONNECTION_TAG) return undefined;
  header[CELL_LENGTH] = length;
  header[CELL_TAG] = tag; // in the ring it may be that of the batch before
  header[CELL_ADDRESS_LENGTH] = addressLength;
  return { place, cell, length, tag, triedBefore: header[CELL_STATE] === TRIED };
}

/** The kernel writes the sender's address; how long it is follows from its family. 0: not an address we answer to. */
function addressLengthOf(cell: Uint8Array): number {
  const family = cell[CELL_ADDRESS]! | (cell[CELL_ADDRESS + 1]! << 8);
  if (family === AF_INET) return 16;
  return family === AF_INET6 ? 28 : 0;
}
