// build-message — answers and records that are made here, not asked for.

import { CLASS_IN, NOERROR, NXDOMAIN, TYPE_A, TYPE_AAAA, TYPE_SOA } from '../message/message.ts';
import type { Message, ResourceRecord } from './message.ts';
import type { WireName } from './question.ts';

/** NOERROR and nothing in it, but for what is given. */
export function message(parts: Partial<Message> = {}): Message {
  return {
    rcode: NOERROR,
    authoritative: false,
    authentic: false,
    answer: [],
    authority: [],
    additional: [],
    ede: -1,
    ...parts,
  };
}

/** The name exists, this type of it does not (RFC 2308 section 2.2). */
export function noData(soa: ResourceRecord): Message {
  return message({ authority: [soa] });
}

export function noName(soa: ResourceRecord): Message {
  return message({ rcode: NXDOMAIN, authority: [soa] });
}

export function record(owner: WireName, type: number, ttl: number, data: Uint8Array): ResourceRecord {
  return { owner, type, class: CLASS_IN, ttl, data: Buffer.from(data) };
}

/** @param address 4 or 16 bytes */
export function addressRecord(owner: WireName, ttl: number, address: Uint8Array): ResourceRecord {
  return record(owner, address.length === 4 ? TYPE_A : TYPE_AAAA, ttl, address);
}

/** NS, PTR, CNAME: the data is a name. */
export function nameRecord(owner: WireName, type: number, ttl: number, target: WireName): ResourceRecord {
  return record(owner, type, ttl, Buffer.from(target, 'latin1'));
}

/** TXT, HINFO: the data is strings, of which at most 255 bytes are taken (RFC 1035 section 3.3). */
export function textRecord(
  owner: WireName,
  type: number,
  ttl: number,
  texts: readonly string[],
): ResourceRecord {
  const parts = texts.map((text) => Buffer.from(text).subarray(0, 255));
  return record(owner, type, ttl, Buffer.concat(parts.flatMap((part) => [Buffer.of(part.length), part])));
}

/** One that never changes: its serial is 1 and no secondary server asks for it. `ttl` is also how long absence is remembered. */
export function soaRecord(owner: WireName, ttl: number, server: WireName, mailbox: WireName): ResourceRecord {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(1, 0);
  numbers.writeUInt32BE(ttl, 16);
  return record(
    owner,
    TYPE_SOA,
    ttl,
    Buffer.concat([Buffer.from(server, 'latin1'), Buffer.from(mailbox, 'latin1'), numbers]),
  );
}
