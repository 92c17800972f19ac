// verdict — what an upstream's response means: may it be relayed, may it be kept, and for how long.
//
// The bytes are relayed as they came (RFC 3597): records are framed and classified here, never decoded and re-encoded.

import { classify, type ResponseMeaning } from './classify.ts';
import type { Entry, EntryKind } from './entry.ts';
import {
  AD,
  ARCOUNT,
  FLAGS,
  HEADER_LENGTH,
  NOERROR,
  NXDOMAIN,
  RCODE_MASK,
  readUint16,
  SERVFAIL,
  TC,
  writeUint32,
} from './message.ts';

/**
 * answer: relay it (`entry.ttl` 0: do not keep it); truncated: ask again over TCP; failure: this server could not
 * answer, try another, relay `rcode` if there is none; malformed: likewise, it is not to be believed.
 */
export type Verdict =
  | { readonly outcome: 'answer'; readonly entry: Entry }
  | { readonly outcome: 'truncated' }
  | { readonly outcome: 'failure'; readonly rcode: number }
  | { readonly outcome: 'malformed' };

/** Highest TTLs of a zone, seconds. */
export interface TtlCaps {
  readonly success: number;
  readonly denial: number;
}

/** What a verdict needs to know beside the bytes. */
export interface VerdictContext {
  readonly caps: TtlCaps;
  readonly route: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Wall clock seconds since 1970, for signatures only (RFC 4034 section 3.1.5). */
  readonly wallSeconds: number;
}

const TRUNCATED: Verdict = { outcome: 'truncated' };
const MALFORMED: Verdict = { outcome: 'malformed' };

/** Judges a response whose id and question were already found to be ours. `bytes` is changed: TTLs are lowered in it. */
export function judge(
  bytes: Buffer,
  start: number,
  length: number,
  nameLength: number,
  context: VerdictContext,
): Verdict {
  const flags = readUint16(bytes, start + FLAGS);
  if (flags & TC) return TRUNCATED;
  const meaning = classify(bytes, start, length, nameLength, context.wallSeconds);
  if (meaning === undefined) return MALFORMED;
  const rcode = (meaning.extendedRcode << 4) | (flags & RCODE_MASK);
  if (rcode !== NOERROR && rcode !== NXDOMAIN)
    return { outcome: 'failure', rcode: rcode > RCODE_MASK ? SERVFAIL : rcode };
  const ttl = lifetime(meaning, context.caps);
  const shown = ttl > 0 ? ttl : shownTtl(meaning, context.caps);
  for (const at of meaning.ttlOffsets) writeUint32(bytes, start + at, shown);
  const kind: EntryKind = meaning.kind === 'success' ? 'success' : 'denial';
  return {
    outcome: 'answer',
    entry: {
      kind,
      wire: wireOf(bytes, start, meaning),
      ttlOffsets: String.fromCharCode(...meaning.ttlOffsets), // fewer than 6,000 fit a message
      nameLength,
      rcode,
      authentic: (flags & AD) !== 0,
      route: context.route,
      ttl,
      stored: context.now,
      expires: context.now + ttl * 1000,
      hits: 0,
      retryAfter: 0,
    },
  };
}

function shownTtl(meaning: ResponseMeaning, caps: TtlCaps): number {
  return Math.min(meaning.lowestTtl, meaning.kind === 'success' ? caps.success : caps.denial);
}

/** Seconds the response may be kept: 0 when it must not be. */
function lifetime(meaning: ResponseMeaning, caps: TtlCaps): number {
  if (meaning.kind === 'success') return Math.min(meaning.lowestTtl, caps.success);
  if (meaning.kind === 'denial') return Math.min(meaning.lowestTtl, meaning.negativeTtl, caps.denial);
  return 0;
}

/** The message up to its OPT record, with counts to match; the header's other fields are set at each reply. */
function wireOf(bytes: Buffer, start: number, meaning: ResponseMeaning): string {
  const header = bytes.toString('latin1', start, start + ARCOUNT);
  const additional = String.fromCharCode(meaning.additional >>> 8, meaning.additional & 0xff);
  return header + additional + bytes.toString('latin1', start + HEADER_LENGTH, start + meaning.length);
}

/** A SERVFAIL of our own, kept for `seconds` (RFC 9520 section 3.2). */
export function failureEntry(
  question: string,
  route: number,
  rcode: number,
  now: number,
  seconds: number,
): Entry {
  const header = String.fromCharCode(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0);
  return {
    kind: 'failure',
    wire: header + question,
    ttlOffsets: '',
    nameLength: question.length - 4,
    rcode,
    authentic: false,
    route,
    ttl: seconds,
    stored: now,
    expires: now + seconds * 1000,
    hits: 0,
    retryAfter: 0,
  };
}
