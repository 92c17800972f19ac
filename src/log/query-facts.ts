// query-facts — what a line of the query log is made of, taken from the query and its reply as they lie in memory.

import {
  ANCOUNT,
  FLAGS,
  NOERROR,
  NXDOMAIN,
  OPCODE_MASK,
  RCODE_MASK,
  readUint16,
  TYPE_SOA,
} from '../message/message.ts';
import type { Query } from '../message/query.ts';
import { type ResponseView, walkRecords } from '../message/records.ts';
import type { ReplyClass } from '../plan/log-plan.ts';
import type { Peer, WireName } from '../zone/question.ts';
import { nameText } from '../zone/wire-name.ts';
import type { QueryFacts } from './query-format.ts';

/**
 * @param name folded
 * @param reply undefined: the client got none
 * @param duration milliseconds
 */
export function queryFacts(
  query: Query,
  name: WireName,
  client: Peer,
  reply: ResponseView | undefined,
  duration: number,
): QueryFacts {
  const flags = reply === undefined ? 0 : readUint16(reply.bytes, reply.start + FLAGS);
  return {
    client,
    server: client.server,
    transport: client.transport,
    id: readUint16(query.bytes, query.start),
    opcode: (query.flags & OPCODE_MASK) >>> 11,
    name: nameText(name),
    type: query.type,
    class: query.class,
    size: query.length,
    dnssecOk: query.dnssecOk,
    udpSize: query.udpSize,
    reply: reply && { rcode: flags & RCODE_MASK, flags, size: reply.length },
    duration,
  };
}

/** What a query came to; one without a reply is an error. */
export function replyClass(reply: ResponseView | undefined): ReplyClass {
  if (reply === undefined) return 'error';
  const { bytes, start } = reply;
  const rcode = readUint16(bytes, start + FLAGS) & RCODE_MASK;
  if (rcode === NXDOMAIN) return 'denial';
  if (rcode !== NOERROR) return 'error';
  if (readUint16(bytes, start + ANCOUNT) > 0) return 'success';
  let isDenial = false; // a SOA says so; NS records are a referral (RFC 2308 section 2.2)
  walkRecords(reply, ({ section, type }) => {
    isDenial = section === 1 && type === TYPE_SOA;
    return !isDenial;
  });
  return isDenial ? 'denial' : 'success';
}
