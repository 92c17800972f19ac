// show-reply — a reply for people, like a short dig, and as JSON.

import type { Answer, DecodedPacket } from 'dns-packet';
import { decode } from 'dns-packet';
import { rcodeNames } from '../counters.ts';
import { messageOf, TwindnsError } from '../errors.ts';
import { printable } from '../log/log.ts';
import { extendedErrorLine, extendedErrors } from './extended-errors.ts';
import { recordLine } from './record-line.ts';

/** @param from for the error  @throws TwindnsError FAILED where it cannot be read */
export function decodeReply(bytes: Buffer, from: string): DecodedPacket {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new TwindnsError('FAILED', `${from} sent a reply that cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

export function rcodeOf({ flags = 0 }: DecodedPacket): string {
  return rcodeNames[flags & 0xf]!;
}

/** Whether a client has got no help from it. */
export function isFailure(reply: DecodedPacket): boolean {
  return ['SERVFAIL', 'REFUSED'].includes(rcodeOf(reply));
}

/** @param remarks lines behind the records, without their marks */
export function renderReply(reply: DecodedPacket, remarks: readonly string[]): string {
  const names = { qr: 15, aa: 10, tc: 9, rd: 8, ra: 7, ad: 5, cd: 4 };
  const bits = (reply.flags ?? 0) | (reply.type === 'response' ? 1 << 15 : 0); // dns-packet keeps QR apart
  const flags = Object.entries(names).filter(([, bit]) => (bits >> bit) & 1);
  const sections: readonly [string, readonly Answer[]][] = [
    ['answer', reply.answers ?? []],
    ['authority', reply.authorities ?? []],
    ['additional', (reply.additionals ?? []).filter(({ type }) => type !== 'OPT')],
  ];
  const lines = [
    `;; ${rcodeOf(reply)}, id ${reply.id ?? 0}, flags ${flags.map(([name]) => name).join(' ')}`,
    ...extendedErrors(reply).map((error) => `;; ${printable(extendedErrorLine(error))}`),
  ];
  for (const [title, records] of sections)
    if (records.length > 0) lines.push(`;; ${title}`, ...records.map(recordLine));
  lines.push(...remarks.map((remark) => `;; ${printable(remark)}`));
  return `${lines.join('\n')}\n`;
}

/** For JSON: what is read of a reply, its RCODE and its Extended DNS Errors in words. */
export function replyFields(reply: DecodedPacket) {
  return { rcode: rcodeOf(reply), errors: extendedErrors(reply), ...reply };
}

/** The records of its answer, so that two replies can be compared: without TTLs, in an order of their own. */
export function answerText(reply: DecodedPacket): string {
  const records = (reply.answers ?? []).map((record) => recordLine({ ...record, ttl: 0 } as Answer));
  return [rcodeOf(reply), ...records.sort()].join('\n');
}
