// cached-names — what is cached of a name, shown or flushed; and which names were used last. The whole cache is walked, a piece in
// each turn of the loop: clients are answered in between.

import type { Cache } from '../cache/cache.ts';
import type { Entries } from '../cache/entries.ts';
import type { Entry } from '../cache/entry.ts';
import { isOf } from '../cache/flushed.ts';
import { rcodeNames } from '../counters.ts';
import { RCODE_MASK } from '../message/message.ts';
import { VARIANT_CD, VARIANT_DO } from '../message/query.ts';
import { typeName } from '../message/type-names.ts';
import type { WireName } from '../zone/question.ts';
import { nameText } from '../zone/wire-name.ts';
import {
  type CachedAnswer,
  LONGEST_REPLY,
  MOST_ANSWERS,
  type NamedQuestion,
  type Replies,
} from './protocol.ts';

/** What they are looked for in. */
export interface Kept {
  readonly cache: Cache;
  /** Milliseconds of the monotonic clock. */
  now(): number;
  /** Of a zone, by its index, with the trailing dot. */
  zoneName(index: number): string;
}

/** @param name folded */
export async function showName(kept: Kept, name: WireName): Promise<Replies['show']> {
  const { entries } = kept.cache;
  const found = new Map<string, CachedAnswer>();
  let more = 0;
  let room = LONGEST_REPLY / 2;
  await walk(entries, (key) => {
    const entry = key.startsWith(name) ? entries.peek(key, kept.now()) : undefined;
    if (entry === undefined || entry.nameLength !== name.length || found.has(key)) return;
    if (found.size === MOST_ANSWERS) return void more++;
    const answer = describeEntry(key, entry, kept, room);
    room -= answer.message?.length ?? 0;
    found.set(key, answer);
  });
  const answers = [...found.values()].sort((a, b) => a.type.localeCompare(b.type));
  return { answers, more };
}

/** From now on it is asked for again. @param name folded  @param zone with all names below it */
export async function flushName(kept: Kept, name: WireName, zone: boolean): Promise<Replies['flush']> {
  const { cache } = kept;
  const { entries } = cache;
  const since = kept.now();
  entries.flush(name, zone, since);
  let flushed = 0;
  await walk(entries, (key) => {
    if (!zone && !key.startsWith(name)) return;
    const entry = entries.peek(key, since);
    if (entry === undefined || entry.stored > since || !isOf(key, entry.nameLength, name, zone)) return;
    entries.remove(key);
    flushed++;
  });
  cache.forgetReady();
  return { flushed };
}

/** Of all clients, by a plain query; those used last come first. */
export function lastNames({ cache, now }: Kept, most: number): Replies['names'] {
  const names: NamedQuestion[] = [];
  const seen = new Set<string>();
  let looks = 0;
  for (const key of cache.entries.keys()) {
    if (names.length === most || looks++ === MOST_LOOKS) break;
    const entry = cache.entries.peek(key, now());
    if (entry === undefined || entry.kind === 'failure' || key.length !== entry.nameLength + 3) continue;
    if (key.charCodeAt(key.length - 1) !== 0 || seen.has(key)) continue;
    seen.add(key);
    names.push({ name: nameText(key.slice(0, entry.nameLength)), type: typeOf(key, entry.nameLength) });
  }
  return { names };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Keys looked at in a turn of the loop: half a millisecond. */
const STEP = 2000;
const MOST_LOOKS = 4000;

async function walk(entries: Entries, look: (key: string) => void): Promise<void> {
  let looks = 0;
  for (const key of entries.keys()) {
    if (++looks % STEP === 0) await new Promise(setImmediate);
    look(key);
  }
}

function describeEntry(key: string, entry: Entry, { now, zoneName }: Kept, room: number): CachedAnswer {
  const { kind, rcode, nameLength, wire, ede } = entry;
  const variant = key.charCodeAt(nameLength + 2);
  const message = Buffer.from(wire, 'latin1').toString('base64');
  const at = now();
  return {
    type: typeName(typeOf(key, nameLength)),
    kind,
    rcode: rcodeNames[rcode & RCODE_MASK]!,
    zone: zoneName(entry.zone),
    ageSeconds: seconds(at - entry.stored),
    leftSeconds: seconds(entry.expires - at),
    dnssecOk: (variant & VARIANT_DO) !== 0,
    checkingDisabled: (variant & VARIANT_CD) !== 0,
    audience: key.length > nameLength + 3 ? key.charCodeAt(nameLength + 3) : 0,
    ede: ede < 0 ? null : ede,
    bytes: wire.length,
    message: message.length <= room ? message : null,
  };
}

function typeOf(key: string, nameLength: number): number {
  return (key.charCodeAt(nameLength) << 8) | key.charCodeAt(nameLength + 1);
}

/** With three decimals. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
