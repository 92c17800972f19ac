// kernel-events — hears from the kernel when links, addresses or nftables (iptables-nft, too) may have lost something of ours.
//
// On a busy node it tells all the time: pods come and go, kube-proxy writes its rules. A look at iptables starts programs, so
// news of others cause none. iptables-legacy tells nobody; there the interval has to do.

import { close, EAGAIN, openNetlink, READABLE, read } from 'node-reuseport';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { addressText } from './netlink/address-bytes.ts';
import {
  attribute,
  decodeAttributes,
  decodeMessages,
  type NetlinkMessage,
  textOf,
} from './netlink/message.ts';
import {
  ADDRESS_HEADER,
  IFA_ADDRESS,
  IFA_LOCAL,
  IFLA_IFNAME,
  interfaceGroups,
  LINK_HEADER,
  NETLINK_ROUTE,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWLINK,
} from './netlink/rtnetlink-numbers.ts';
import {
  CHAIN_NAME,
  DELCHAIN,
  DELRULE,
  DELTABLE,
  NETLINK_NETFILTER,
  NFTABLES_NEWS,
  nftAttributes,
  nftMessageOf,
  RULE_CHAIN,
  TABLE_NAME,
} from './nftables/numbers.ts';
import { tableName } from './nftables/table.ts';
import type { NodePart } from './node-part.ts';
import type { Holding } from './wanted-state.ts';

/**
 * Calls `changed` with the part that may have lost something, until the function returned is called. A kernel that tells of
 * one of them only is listened to for that one.
 */
export function watchNode(
  loop: EventLoop,
  holding: Holding,
  changed: (what: NodePart['name']) => void,
): () => void {
  const sources: readonly Source[] = [
    ['interface', NETLINK_ROUTE, interfaceGroups, (bytes) => isInterfaceNews(bytes, holding)],
    ['rules', NETLINK_NETFILTER, NFTABLES_NEWS, isRulesNews],
  ];
  const stops = sources.flatMap(([what, protocol, groups, isNews]) => {
    try {
      return [watch(loop, openNetlink(protocol, groups), isNews, () => changed(what))];
    } catch {
      return [];
    }
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Of NETLINK_ROUTE. What cannot be read is news, too: a look does no harm. */
export function isInterfaceNews(bytes: Uint8Array, { interface: { name }, addresses }: Holding): boolean {
  return some(bytes, ({ type, payload }) => {
    if (type === RTM_DELLINK || type === RTM_NEWLINK) {
      const value = attribute(decodeAttributes(payload.subarray(LINK_HEADER)), IFLA_IFNAME);
      return value !== undefined && textOf(value) === name;
    }
    if (type !== RTM_DELADDR) return false;
    const values = decodeAttributes(payload.subarray(ADDRESS_HEADER));
    const value = attribute(values, IFA_LOCAL) ?? attribute(values, IFA_ADDRESS);
    const text = value && addressText(value);
    return text !== undefined && addresses.includes(text);
  });
}

/** Of the nftables group of NETLINK_NETFILTER: of our table, or of the chains in which iptables-nft has the rules. */
export function isRulesNews(bytes: Uint8Array): boolean {
  return some(bytes, ({ type, payload }) => {
    const message = nftMessageOf(type);
    if (message !== DELTABLE && message !== DELCHAIN && message !== DELRULE) return false;
    const values = nftAttributes(payload);
    const text = (which: number) => textOf(attribute(values, which) ?? new Uint8Array());
    const table = text(TABLE_NAME);
    if (table === tableName) return true;
    if (!iptablesTables.includes(table)) return false;
    return (
      message === DELTABLE || iptablesChains.includes(text(message === DELCHAIN ? CHAIN_NAME : RULE_CHAIN))
    );
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const iptablesTables = ['raw', 'filter'];
const iptablesChains = ['PREROUTING', 'INPUT', 'OUTPUT'];

function some(bytes: Uint8Array, is: (message: NetlinkMessage) => boolean): boolean {
  try {
    return decodeMessages(bytes).some(is);
  } catch {
    return true;
  }
}

const heard = new Uint8Array(65536);

type Source = readonly [
  what: NodePart['name'],
  protocol: number,
  groups: number,
  isNews: (bytes: Uint8Array) => boolean,
];

function watch(
  loop: EventLoop,
  fd: number,
  isNews: (bytes: Uint8Array) => boolean,
  changed: () => void,
): () => void {
  const ready = () => {
    let news = false;
    let length = read(fd, heard, 0, heard.length);
    for (; length > 0; length = read(fd, heard, 0, heard.length)) news ||= isNews(heard.subarray(0, length));
    // ENOBUFS: it told more than fitted, and what that was is lost.
    if (news || length !== -EAGAIN) changed();
  };
  const tag = loop.watch(fd, READABLE, { ready });
  return () => {
    loop.unwatch(fd, tag);
    close(fd);
  };
}
