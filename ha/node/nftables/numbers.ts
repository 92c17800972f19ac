// numbers — the frame of nftables messages, and the kernel's numbers for what is in them.

import type { Attribute, ReadAttribute } from '../netlink/message.ts';
import { decodeAttributes, encodeAttributes, joinBytes, NLM_F_ACK } from '../netlink/message.ts';
import type { NetlinkRequest } from '../netlink/netlink.ts';

export const NETLINK_NETFILTER = 12;
/** For openNetlink, to hear of every change of rules: the mask of multicast group 7, NFNLGRP_NFTABLES. */
export const NFTABLES_EVENTS = 1 << (7 - 1);

export const NEWTABLE = 0;
export const GETTABLE = 1;
export const DELTABLE = 2;
export const NEWCHAIN = 3;
export const GETCHAIN = 4;
export const DELCHAIN = 5;
export const NEWRULE = 6;
export const GETRULE = 7;
export const DELRULE = 8;

export const TABLE_NAME = 1;
export const TABLE_FLAGS = 2;
export const TABLE_OWNER = 7;
export const tableFlags = { dormant: 1, owner: 2, persist: 4 } as const;

export const CHAIN_TABLE = 1;
export const CHAIN_NAME = 3;
export const CHAIN_HOOK = 4;
export const CHAIN_POLICY = 5;
export const CHAIN_TYPE = 7;
export const HOOK_NUMBER = 1;
export const HOOK_PRIORITY = 2;
/** At the index of its number. */
export const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting', 'ingress'] as const;
/** At the index of its number. */
export const policies = ['drop', 'accept'] as const;

export const RULE_TABLE = 1;
export const RULE_CHAIN = 2;
export const RULE_EXPRESSIONS = 4;
export const RULE_USERDATA = 7;
/** A type of what `nft` keeps in the user data of a rule: type, length, value, one after the other. */
export const USERDATA_COMMENT = 0;

/** The nftables message in a netlink type; undefined when it is of another subsystem. */
export function nftMessageOf(type: number): number | undefined {
  return type >> 8 === NFTABLES ? type & 0xff : undefined;
}

/** A message about something in the family inet. */
export function nftRequest(message: number, flags: number, attributes: readonly Attribute[]): NetlinkRequest {
  const payload = joinBytes([header(INET, 0), encodeAttributes(attributes)]);
  return { type: (NFTABLES << 8) | message, flags, payload };
}

/** All or nothing: packets meet the former rules until all of it is in force. */
export function transaction(requests: readonly NetlinkRequest[]): NetlinkRequest[] {
  const frame = (type: number) => ({ type, flags: 0, payload: header(0, NFTABLES) });
  // Only the last request is confirmed: refusals are reported anyway, and the room for answers is finite.
  const acknowledged = requests.map((request, i) =>
    i === requests.length - 1 ? { ...request, flags: request.flags | NLM_F_ACK } : request,
  );
  return [frame(BATCH_BEGIN), ...acknowledged, frame(BATCH_END)];
}

/** @throws RangeError for bytes that are no such message */
export function nftAttributes(payload: Uint8Array): ReadAttribute[] {
  if (payload.length < HEADER) throw new RangeError('an nftables message without its header');
  return decodeAttributes(payload.subarray(HEADER));
}

// ---------------------------------------------------------------------------------------------------------------------

/** A subsystem of netfilter. */
const NFTABLES = 10;
const INET = 1;
const HEADER = 4;
const BATCH_BEGIN = 0x10;
const BATCH_END = 0x11;

function header(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource);
}
