// record-names — the names of a record, changed as text: its owner, and the one name that its data points to.

import { TYPE_CNAME, TYPE_DNAME, TYPE_SOA } from '../message/message.ts';
import { plainNameLength } from '../message/name.ts';
import type { ResourceRecord } from './message.ts';
import type { WireName } from './question.ts';
import { TYPE_MX, TYPE_NS, TYPE_PTR, TYPE_SRV } from './rdata.ts';
import { foldName, nameText, parseName } from './wire-name.ts';

/** A name as text, lower case, with the final dot; undefined: it stays. */
export type Renaming = (name: string) => string | undefined;

/** A name that would be none stays as it is. */
export function withOwner(record: ResourceRecord, rename: Renaming): ResourceRecord {
  const owner = renamed(record.owner, rename);
  return owner === undefined ? record : { ...record, owner };
}

/** Of CNAME, DNAME, NS, PTR, MX, SRV, NAPTR, and the primary server of an SOA. */
export function withTarget(record: ResourceRecord, rename: Renaming): ResourceRecord {
  const place = targetOf(record);
  if (place === undefined) return record;
  const target = renamed(record.data.toString('latin1', place.from, place.to), rename);
  if (target === undefined) return record;
  const { data } = record;
  const parts = [data.subarray(0, place.from), Buffer.from(target, 'latin1'), data.subarray(place.to)];
  return { ...record, data: Buffer.concat(parts) };
}

// ---------------------------------------------------------------------------------------------------------------------

const TYPE_NAPTR = 35;

/** Bytes before the name. */
const namesAt: ReadonlyMap<number, number> = new Map([
  [TYPE_CNAME, 0],
  [TYPE_DNAME, 0],
  [TYPE_NS, 0],
  [TYPE_PTR, 0],
  [TYPE_SOA, 0],
  [TYPE_MX, 2],
  [TYPE_SRV, 6],
]);

function targetOf({ type, data }: ResourceRecord): { from: number; to: number } | undefined {
  const from = type === TYPE_NAPTR ? behindStrings(data) : namesAt.get(type);
  if (from === undefined) return undefined;
  const length = plainNameLength(data, from, data.length);
  return length < 0 ? undefined : { from, to: from + length };
}

/** Order, preference and three strings (RFC 3403 section 4.1). */
function behindStrings(data: Buffer): number {
  let at = 4;
  for (let i = 0; i < 3; i++) at += 1 + (data[at] ?? 0);
  return at;
}

function renamed(name: WireName, rename: Renaming): WireName | undefined {
  const text = nameText(foldName(name));
  const to = rename(text);
  return to === undefined || to === text ? undefined : parseName(to);
}
