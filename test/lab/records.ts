// records — the records tests answer with, each with its raw RDATA.

import { type Name, nameBytes, type RecordSpec, types, words } from './wire.ts';

type Rest = Omit<RecordSpec, 'type' | 'rdata'>;

export function a(address: string, rest: Rest = {}): RecordSpec {
  return { ...rest, type: types.A, rdata: Buffer.from(address.split('.').map(Number)) };
}

/** @param tail the last 16 bits; the rest is fd00::/112. */
export function aaaa(tail: number, rest: Rest = {}): RecordSpec {
  return { ...rest, type: types.AAAA, rdata: words(0xfd00, 0, 0, 0, 0, 0, 0, tail) };
}

export function cname(target: Name, rest: Rest = {}): RecordSpec {
  return { ...rest, type: types.CNAME, rdata: nameBytes(target) };
}

export function ns(target: Name, rest: Rest = {}): RecordSpec {
  return { ...rest, type: types.NS, rdata: nameBytes(target) };
}

export function txt(rest: Rest, ...strings: readonly (string | Uint8Array)[]): RecordSpec {
  const parts = strings.map((string) => (typeof string === 'string' ? Buffer.from(string) : string));
  return {
    ...rest,
    type: types.TXT,
    rdata: Buffer.concat(parts.flatMap((part) => [Buffer.of(part.length), part])),
  };
}

/** @param rest.minimum how long absence may be remembered; like the TTL 30 unless given. */
export function soa(rest: Rest & { readonly minimum?: number } = {}): RecordSpec {
  const { minimum = 30, owner = 'com', ...others } = rest;
  const times = Buffer.alloc(20);
  for (const [index, value] of [1, 7200, 1800, 86_400, minimum].entries())
    times.writeUInt32BE(value, 4 * index);
  const rdata = Buffer.concat([nameBytes('ns.invalid'), nameBytes('hostmaster.invalid'), times]);
  return { ...others, owner, type: types.SOA, rdata };
}

/** A signature over records of a type; nobody here checks it. */
export function rrsig(covered: number, rest: Rest = {}): RecordSpec {
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(covered, 0);
  fixed.writeUInt8(13, 2);
  fixed.writeUInt32BE(rest.ttl ?? 30, 4);
  fixed.writeUInt32BE(0x7fffffff, 8); // expires in 2038
  return { ...rest, type: types.RRSIG, rdata: Buffer.concat([fixed, nameBytes('com'), Buffer.alloc(64, 7)]) };
}

export function opaque(type: number, rdata: Uint8Array, rest: Rest = {}): RecordSpec {
  return { ...rest, type, rdata };
}

/** `count` different A records. */
export function manyAddresses(count: number, rest: Rest = {}): RecordSpec[] {
  return Array.from({ length: count }, (_, i) => a(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, rest));
}
