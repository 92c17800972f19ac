// verdict — what an upstream's response means: may it be relayed, may it be kept, and for how long.
//
// Records are framed and classified here, never decoded (RFC 3597): they are relayed as they came, their names as short as can be.

import type { NotKeptReason } from '../counters.ts';
import { classify, type ResponseMeaning } from '../message/classify.ts';
import { compress } from '../message/compress.ts';
import {
  AD,
  ARCOUNT,
  FLAGS,
  NOERROR,
  NXDOMAIN,
  QR,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
  TC,
  writeUint16,
  writeUint32,
} from '../message/message.ts';
import type { ResponseView } from '../message/records.ts';
import type { CachePlan, TtlRange } from '../plan/cache-plan.ts';
import type { Entry, EntryKind } from './entry.ts';

/**
 * answer: relay it (`entry.ttl` 0: do not keep it), it is in the first `length` bytes; truncated: ask again over TCP; failure: this server could not
 * answer, try another, relay `rcode` if there is none; malformed: likewise, it is not to be believed.
 */
export type Verdict =
  | {
      readonly outcome: 'answer';
      readonly entry: Entry;
      readonly length: number;
      /** Why it may not be kept, where the zone keeps others. */
      readonly notKept: NotKeptReason | undefined;
    }
  | { readonly outcome: 'truncated' }
  | { readonly outcome: 'failure'; readonly rcode: number; readonly ede: number }
  | { readonly outcome: 'malformed' };

/** The zone a response is for. */
export interface JudgedZone {
  readonly index: number;
  readonly cache: Pick<CachePlan, 'success' | 'denial'> | undefined;
}

type TtlRanges = NonNullable<JudgedZone['cache']>;

const TRUNCATED: Verdict = { outcome: 'truncated' };
const MALFORMED: Verdict = { outcome: 'malformed' };

/**
 * Judges a response whose id and question were already found to be ours. Its bytes are changed: its TTLs are lowered, its
 * OPT is no longer counted. `now`: monotonic milliseconds; `wallSeconds`: since 1970, for signatures only.
 */
export function judge(
  response: ResponseView,
  zone: JudgedZone,
  now: number,
  wallSeconds: () => number,
): Verdict {
  const { bytes, start, nameLength } = response;
  const flags = readUint16(bytes, start + FLAGS);
  if (flags & TC) return TRUNCATED;
  const meaning = classify(response, wallSeconds);
  if (meaning === undefined) return MALFORMED;
  const rcode = (meaning.extendedRcode << 4) | (flags & RCODE_MASK);
  if (rcode !== NOERROR && rcode !== NXDOMAIN)
    return { outcome: 'failure', rcode: rcode > RCODE_MASK ? SERVFAIL : rcode, ede: meaning.ede };
  const ttl = lifetime(meaning, zone.cache);
  if (zone.cache !== undefined) {
    const shown = ttl > 0 ? ttl : shownTtl(meaning, zone.cache);
    for (let i = 0; i < meaning.records; i++) writeUint32(bytes, start + meaning.ttlOffsets[i]!, shown);
  }
  writeUint16(bytes, start + ARCOUNT, meaning.additional);
  const kind: EntryKind = meaning.kind === 'success' ? 'success' : 'denial';
  const shorter = meaning.mayShrink ? compress(response, meaning.length, meaning.records) : undefined;
  return {
    outcome: 'answer',
    length: meaning.length,
    notKept: ttl > 0 || zone.cache === undefined ? undefined : notKeptReason(meaning),
    entry: {
      kind,
      wire:
        shorter === undefined
          ? bytes.toString('latin1', start, start + meaning.length)
          : shorter.bytes.toString('latin1', 0, shorter.length),
      ttlOffsets: offsetsAsText(meaning.records, (shorter ?? meaning).ttlOffsets),
      nameLength,
      rcode,
      authoritative: false,
      authentic: (flags & AD) !== 0,
      ede: meaning.ede,
      zone: zone.index,
      ttl,
      stored: now,
      expires: now + ttl * 1000,
      hits: 0,
      retryAfter: 0,
    },
  };
}

/** One character each; mostly there is one, and V8 has those ready. */
function offsetsAsText(records: number, ttlOffsets: Uint16Array): string {
  if (records === 1) return String.fromCharCode(ttlOffsets[0]!);
  return String.fromCharCode.apply(null, ttlOffsets.subarray(0, records) as unknown as number[]);
}

function notKeptReason({ isExpired, kind }: ResponseMeaning): NotKeptReason {
  if (isExpired) return 'signature_expired';
  return kind === 'relay' ? 'broken_chain' : 'ttl_0';
}

function shownTtl(meaning: ResponseMeaning, { success, denial }: TtlRanges): number {
  return Math.min(meaning.lowestTtl, meaning.kind === 'success' ? success.most : denial.most);
}

/** Seconds the response may be kept: 0 when it must not be. */
function lifetime(meaning: ResponseMeaning, ranges: TtlRanges | undefined): number {
  if (ranges === undefined) return 0;
  if (meaning.kind === 'success') return within(ranges.success, meaning.lowestTtl);
  if (meaning.kind === 'denial')
    return within(ranges.denial, Math.min(meaning.lowestTtl, meaning.negativeTtl));
  return 0;
}

function within({ least, most }: TtlRange, ttl: number): number {
  return Math.min(Math.max(ttl, least), most);
}

/** What clients are told of a question that no server could answer. */
export interface Failure {
  readonly rcode: number;
  /** See `Entry.ede`. */
  readonly ede: number;
}

/** A failure of our own, kept for `seconds`. */
export function failureEntry(
  question: string,
  zone: number,
  { rcode, ede }: Failure,
  now: number,
  seconds: number,
): Entry {
  const header = String.fromCharCode(0, 0, QR >>> 8, rcode, 0, 1, 0, 0, 0, 0, 0, 0);
  return {
    kind: 'failure',
    wire: header + question,
    ttlOffsets: '',
    nameLength: question.length - 4,
    rcode,
    authoritative: false,
    authentic: false,
    ede,
    zone,
    ttl: seconds,
    stored: now,
    expires: now + seconds * 1000,
    hits: 0,
    retryAfter: 0,
  };
}
