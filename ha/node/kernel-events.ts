// kernel-events — which of what the kernel tells about links, addresses and nftables can mean that something of ours is gone.
//
// On a busy node it tells all the time: pods come and go, kube-proxy writes its rules. A look at iptables starts programs, so
// news of others cause none.

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
  LINK_HEADER,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWLINK,
} from './netlink/rtnetlink-numbers.ts';
import {
  CHAIN_NAME,
  DELCHAIN,
  DELRULE,
  DELTABLE,
  nftAttributes,
  nftMessageOf,
  RULE_CHAIN,
  TABLE_NAME,
} from './nftables/numbers.ts';
import { tableName } from './nftables/table.ts';
import type { Holding } from './wanted-state.ts';

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
