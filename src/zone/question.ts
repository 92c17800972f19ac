// question — what a zone's guards and steps know of a query.

import { CD, RD } from '../message/message.ts';
import type { Query } from '../message/query.ts';

/** A domain name in wire form, folded, one byte a character, the root label included: '\x03www\x07example\x00'. */
export type WireName = string;

export interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  readonly client: Peer;
}

/** A client, and where it asked. */
export interface Peer {
  /** Without brackets or zone. An IPv4 address is never in its IPv6 form. */
  readonly address: string;
  readonly port: number;
  /** The address and port it asked. */
  readonly server: { readonly address: string; readonly port: number };
  readonly transport: 'udp' | 'tcp';
}

/** @param query one whose key was derived */
export function questionOf(query: Query, client: Peer): Question {
  return {
    name: query.key.slice(0, query.nameLength),
    type: query.type,
    class: query.class,
    recursionDesired: (query.flags & RD) !== 0,
    checkingDisabled: (query.flags & CD) !== 0,
    dnssecOk: query.dnssecOk,
    client,
  };
}
