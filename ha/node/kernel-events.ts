// kernel-events — tells when links, addresses or nftables (iptables-nft, too) may have lost something of ours.
//
// On a busy node the kernel reports changes all the time: pods come and go, kube-proxy writes its rules. Observing iptables
// starts programs, so events about what is not ours are passed over. iptables-legacy reports nothing; there the interval
// has to do.

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
import * as rt from './netlink/rtnetlink-numbers.ts';
import * as nft from './nftables/numbers.ts';
import { tableNames } from './nftables/table.ts';
import type { NodePart } from './node-part.ts';
import { servedAddresses, type WantedState } from './wanted-state.ts';

/**
 * Calls `changed` with the part that may have lost something, until the returned function is called. A kernel may report on
 * one of the two parts only.
 */
export function watchNode(
  loop: EventLoop,
  wanted: WantedState,
  changed: (what: NodePart['name']) => void,
): () => void {
  const sources: readonly Source[] = [
    ['interface', rt.NETLINK_ROUTE, rt.interfaceGroups, (bytes) => concernsInterface(bytes, wanted)],
    ['rules', nft.NETLINK_NETFILTER, nft.NFTABLES_EVENTS, concernsRules],
  ];
  const stops = sources.flatMap(([what, protocol, groups, concerns]) => {
    try {
      return [watch(loop, openNetlink(protocol, groups), concerns, () => changed(what))];
    } catch {
      return [];
    }
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Messages of NETLINK_ROUTE. Those that cannot be read concern us, too: to observe does no harm. */
export function concernsInterface(bytes: Uint8Array, wanted: WantedState): boolean {
  return some(bytes, ({ type, payload }) => {
    if (type === rt.RTM_DELLINK || type === rt.RTM_NEWLINK) {
      const value = attribute(decodeAttributes(payload.subarray(rt.LINK_HEADER)), rt.IFLA_IFNAME);
      return value !== undefined && textOf(value) === wanted.interface.name;
    }
    if (type !== rt.RTM_DELADDR) return false;
    const values = decodeAttributes(payload.subarray(rt.ADDRESS_HEADER));
    const value = attribute(values, rt.IFA_LOCAL) ?? attribute(values, rt.IFA_ADDRESS);
    const text = value && addressText(value);
    return text !== undefined && servedAddresses(wanted).includes(text);
  });
}

/** Messages of the group of nftables: about our table, or the chains into which iptables-nft puts the rules. */
export function concernsRules(bytes: Uint8Array): boolean {
  return some(bytes, ({ type, payload }) => {
    const message = nft.nftMessageOf(type);
    if (message !== nft.DELTABLE && message !== nft.DELCHAIN && message !== nft.DELRULE) return false;
    const values = nft.nftAttributes(payload);
    const text = (which: number) => textOf(attribute(values, which) ?? new Uint8Array());
    const table = text(nft.TABLE_NAME);
    if (Object.values<string>(tableNames).includes(table)) return true;
    if (!iptablesTables.includes(table)) return false;
    return (
      message === nft.DELTABLE ||
      iptablesChains.includes(text(message === nft.DELCHAIN ? nft.CHAIN_NAME : nft.RULE_CHAIN))
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
  concerns: (bytes: Uint8Array) => boolean,
];

function watch(
  loop: EventLoop,
  fd: number,
  concerns: (bytes: Uint8Array) => boolean,
  changed: () => void,
): () => void {
  const ready = () => {
    let concerned = false;
    let length = read(fd, heard, 0, heard.length);
    for (; length > 0; length = read(fd, heard, 0, heard.length))
      concerned ||= concerns(heard.subarray(0, length));
    // ENOBUFS: events were lost because the socket was full.
    if (concerned || length !== -EAGAIN) changed();
  };
  const tag = loop.watch(fd, READABLE, { ready });
  return () => {
    loop.unwatch(fd, tag);
    close(fd);
  };
}
