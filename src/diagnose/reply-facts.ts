// reply-facts — what a diagnosis reads of a reply: its RCODE, and between which times its signatures hold.

import { decode } from 'dns-packet';
import { rcodeNames } from '../counters.ts';

export function rcodeIn(reply: Buffer): string {
  return rcodeNames[reply[3]! & 0xf]!;
}

/** Seconds since 1970. */
export interface SignatureTimes {
  readonly from: number;
  readonly until: number;
}

/** Of the signatures of its answer, the times in which all hold; undefined where there is none. */
export function signatureTimes(reply: Buffer): SignatureTimes | undefined {
  const times = (decode(reply).answers ?? []).flatMap((record) =>
    record.type === 'RRSIG' ? [record.data] : [],
  );
  if (times.length === 0) return undefined;
  return {
    from: Math.max(...times.map(({ inception }) => inception ?? 0)),
    until: Math.min(...times.map(({ expiration }) => expiration ?? Number.POSITIVE_INFINITY)),
  };
}
