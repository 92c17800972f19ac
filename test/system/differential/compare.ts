// compare — two replies to one query: in which fields they differ. The order of records and the case of their names count for nothing.

import { type Message, nameText, type Resource } from '../../lab/message.ts';
import { types } from '../../lab/wire.ts';

export type Reply = Message | 'silence' | 'malformed';

export type Field = 'reply' | 'rcode' | 'opcode' | 'question' | Flag | Section | 'ttl' | 'edns' | 'size';
type Flag = 'aa' | 'tc' | 'rd' | 'ra' | 'z' | 'ad' | 'cd';
type Section = 'answer' | 'authority' | 'additional';

export interface Difference {
  readonly field: Field;
  readonly coredns: string;
  readonly twindns: string;
}

/** Seconds by which a TTL may differ: the servers are asked one after the other, and each rounds. */
const TTL_TOLERANCE = 2;

/** @param limit bytes the client takes; a reply above it is a difference of its own */
export function compare(coredns: Reply, twindns: Reply, limit: number): Difference[] {
  if (typeof coredns === 'string' || typeof twindns === 'string') {
    const [theirs, ours] = [shape(coredns), shape(twindns)];
    return theirs === ours ? [] : [{ field: 'reply', coredns: theirs, twindns: ours }];
  }
  const found: Difference[] = [];
  const look = (field: Field, theirs: string, ours: string) => {
    if (theirs !== ours) found.push({ field, coredns: theirs, twindns: ours });
  };
  for (const field of ['rcode', 'opcode', 'aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'] as const)
    look(field, fieldText(coredns, field), fieldText(twindns, field));
  look('question', coredns.question.toString('hex'), twindns.question.toString('hex'));
  for (const section of ['answer', 'authority', 'additional'] as const)
    look(section, recordsText(coredns[section]), recordsText(twindns[section]));
  const records = ['answer', 'authority', 'additional'];
  if (!found.some(({ field }) => records.includes(field))) {
    const [theirs, ours] = [ttlsOf(coredns), ttlsOf(twindns)];
    if (theirs.some((ttl, index) => Math.abs(ttl - ours[index]!) > TTL_TOLERANCE))
      look('ttl', theirs.join(' '), ours.join(' '));
  }
  look('edns', ednsText(coredns), ednsText(twindns));
  if (twindns.bytes.length > limit)
    look('size', `${coredns.bytes.length}`, `${twindns.bytes.length} of ${limit}`);
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

function shape(reply: Reply): string {
  return typeof reply === 'string' ? reply : 'reply';
}

/** With the bits of EDNS for the RCODE. */
function fieldText(message: Message, field: 'rcode' | 'opcode' | Flag): string {
  if (field === 'rcode') return `${message.rcode + 16 * (message.edns?.extendedRcode ?? 0)}`;
  return field === 'opcode' ? `${message.opcode}` : message[field] ? 'set' : 'clear';
}

/** Those of one name and type are in an order of their own in each reply. */
function sorted(records: readonly Resource[]): readonly (readonly [text: string, ttl: number])[] {
  return records
    .map((record) => [recordText(record), record.ttl] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function recordsText(records: readonly Resource[]): string {
  return sorted(records)
    .map(([text]) => text)
    .join('; ');
}

function ttlsOf({ answer, authority, additional }: Message): number[] {
  return [answer, authority, additional].flatMap((records) => sorted(records).map(([, ttl]) => ttl));
}

function recordText({ name, type, class: rclass, rdata }: Resource): string {
  const data = rdata.toString('latin1');
  const compared = namesWithin.includes(type) ? data.toLowerCase() : data;
  return `${nameText(name).toLowerCase()} ${rclass} ${type} ${Buffer.from(compared, 'latin1').toString('hex')}`;
}

/** Names within these may point into the question, which has the client's case. */
const namesWithin: readonly number[] = [types.NS, types.CNAME, types.SOA, types.PTR, types.MX];

/** Its size is what each server takes itself, and says nothing of the answer. */
function ednsText({ edns }: Message): string {
  if (!edns) return 'none';
  const found = edns.options.map(({ code, data }) => `${code}=${data.toString('hex')}`).sort();
  return [`version ${edns.version}`, edns.do ? 'do' : '', ...found].filter((part) => part !== '').join(' ');
}
