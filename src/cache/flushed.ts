// flushed — names that were flushed, and when: what was stored before that does not come back by another instance, which may
// have sent it already, or not have been asked to flush.

import { isBelow } from '../message/name.ts';

/** Flushes that are remembered; each costs a look where an old answer comes. */
const MOST = 64;

interface Flush {
  /** Folded wire bytes, one a character. */
  readonly name: string;
  /** With all names below it. */
  readonly zone: boolean;
  /** Milliseconds of the clock that all instances of the machine share. */
  readonly at: number;
}

export class Flushed {
  #flushes: readonly Flush[] = [];
  #last = Number.NEGATIVE_INFINITY;

  add(name: string, zone: boolean, at: number): void {
    const others = this.#flushes.filter((flush) => flush.name !== name || (flush.zone && !zone));
    this.#flushes = [{ name, zone, at }, ...others].slice(0, MOST);
    this.#last = at;
  }

  /** Whether what was stored at that time under a key is to be had no more. @param key begins with a name of so many bytes */
  covers(key: string, nameLength: number, stored: number): boolean {
    if (stored > this.#last) return false; // nearly always
    return this.#flushes.some(({ name, zone, at }) => stored <= at && isOf(key, nameLength, name, zone));
  }
}

/** Whether a key's name is that name or, of a zone, below it. */
export function isOf(key: string, nameLength: number, name: string, zone: boolean): boolean {
  if (nameLength < name.length) return false;
  if (nameLength === name.length) return key.startsWith(name);
  return zone && isBelow(key.slice(0, nameLength), name);
}
