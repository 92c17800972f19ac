// waiting-lines — who may wait for an answer while memory for that is short: each zone has a floor that no other can take, and
// what is left goes to clients by fair shares.
//
//   zone 0   floor │ line of share 0 │ line of share 1 │ … │ line of share 255 │     a line: waiters of some clients, oldest first
//   zone 1   floor │ …                                                         │
//
// When there is no room for a query, the zone that is most over its floor gives way, in it the longest line, in that the query
// that has waited longest. So one client's flood, or one zone's, ends its own queries. Against a flood
// from everywhere: what has waited for long, since its server is slow or silent, gives way to what may be answered at once, as
// with Unbound's jostling. Where much waits, and much of that for the same clients, new queries of theirs are let in at a pace:
// the rest of a flood is refused, which costs a third of asking.

import type { Bound } from '../budget.ts';
import type { Waiter } from './waiter.ts';

/** Lines a zone has. Clients that share a line by chance share its fate in a flood; no more than that. */
export const SHARES = 256;

/** A question this old will hardly be answered quickly, milliseconds. */
const LONG_OPEN = 200;

/** From this part of the bound on, much waits. */
const CROWDED = 1 / 4;
/** Part of what waits that is much for one share. */
const DOMINANT = 1 / 4;
/** Milliseconds between two queries that are let in at a pace, */
const PACE = 0.5;
/** … and how many may come at once after a while without. */
const BURST = 400;

export class WaitingLines {
  readonly #bound: Bound;
  #floors: readonly number[] = [];
  #allFloors = 0;
  /** Bytes, by zone and by line. */
  readonly #usedByZone: Float64Array;
  readonly #usedByLine: Float64Array;
  readonly #first: (Waiter | undefined)[];
  readonly #last: (Waiter | undefined)[];
  /** By share, of all zones. */
  readonly #usedByShare = new Float64Array(SHARES);
  /** By share: when its next query would be let in, had all before kept the pace. */
  readonly #paced = new Float64Array(SHARES).fill(Number.NEGATIVE_INFINITY);

  /** @param floors what part of the bound each zone has for itself */
  constructor(bound: Bound, floors: readonly number[]) {
    this.#bound = bound;
    this.setFloors(floors);
    this.#usedByZone = new Float64Array(floors.length);
    this.#usedByLine = new Float64Array(floors.length * SHARES);
    this.#first = new Array(floors.length * SHARES).fill(undefined);
    this.#last = new Array(floors.length * SHARES).fill(undefined);
  }

  /** @param floors as many as before */
  setFloors(floors: readonly number[]): void {
    this.#floors = floors.map((part) => part * this.#bound.most);
    this.#allFloors = this.#floors.reduce((sum, floor) => sum + floor, 0);
  }

  /** Whether a query of this zone fits, and leaves the other zones their floors. */
  hasRoom(zone: number, bytes: number): boolean {
    const { held, most } = this.#bound;
    if (held + bytes + this.#allFloors <= most) return true;
    let kept = 0;
    for (let other = 0; other < this.#floors.length; other++) {
      if (other !== zone) kept += Math.max(0, this.#floors[other]! - this.#usedByZone[other]!);
    }
    return held + bytes + kept <= most;
  }

  get isCrowded(): boolean {
    return this.#bound.held > this.#bound.most * CROWDED;
  }

  /** Whether a query keeps the pace that is asked of its share, if any is; a zone below its floor has none. */
  keepsPace(zone: number, share: number, now: number): boolean {
    if (!this.isCrowded || this.#usedByShare[share]! < this.#bound.held * DOMINANT) return true;
    if (this.#excess(zone) < 0) return true;
    const paced = this.#paced[share]!;
    if (now < paced) return false;
    this.#paced[share] = Math.max(paced, now - PACE * BURST) + PACE;
    return true;
  }

  enter(zone: number, waiter: Waiter): void {
    const line = zone * SHARES + waiter.share;
    const last = this.#last[line];
    waiter.line = line;
    waiter.ahead = last;
    if (last === undefined) this.#first[line] = waiter;
    else last.behind = waiter;
    this.#last[line] = waiter;
    this.#count(line, waiter.charged);
  }

  leave(waiter: Waiter): void {
    const { line, ahead, behind } = waiter;
    if (ahead === undefined) this.#first[line] = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last[line] = ahead;
    else behind.ahead = ahead;
    waiter.ahead = undefined;
    waiter.behind = undefined;
    waiter.line = -1;
    this.#count(line, -waiter.charged);
  }

  /** A waiter with a place is charged with more, or less, from now on. */
  charge(waiter: Waiter, bytes: number): void {
    waiter.charged += bytes;
    this.#count(waiter.line, bytes);
  }

  /** Which waiter gives way to a query of this zone and share; undefined: none, the query has to be refused. */
  candidate(zone: number, share: number, now: number): Waiter | undefined {
    let from = zone;
    for (let other = 0; other < this.#floors.length; other++) {
      if (this.#excess(other) > this.#excess(from)) from = other;
    }
    const lines = from * SHARES;
    const own = zone * SHARES + share;
    let longest = from === zone ? own : lines;
    let oldest: Waiter | undefined;
    for (let line = lines; line < lines + SHARES; line++) {
      const first = this.#first[line];
      if (first === undefined) continue;
      if (this.#usedByLine[line]! > this.#usedByLine[longest]!) longest = line;
      if (oldest === undefined || first.received < oldest.received) oldest = first;
    }
    const first = this.#first[longest];
    // A line that is no longer than that of the query itself gives no way for its length alone.
    if (first !== undefined && (longest !== own || now - first.received > LONG_OPEN)) return first;
    return oldest !== undefined && now - oldest.received > LONG_OPEN ? oldest : undefined;
  }

  // -------------------------------------------------------------------------------------------------------------------

  #excess(zone: number): number {
    return this.#usedByZone[zone]! - this.#floors[zone]!;
  }

  #count(line: number, bytes: number): void {
    this.#usedByLine[line]! += bytes;
    this.#usedByZone[Math.floor(line / SHARES)]! += bytes;
    this.#usedByShare[line % SHARES]! += bytes;
    this.#bound.take(bytes);
  }
}
