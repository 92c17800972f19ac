// rtnetlink — the kernel's own language about interfaces and their addresses, as much of it as is needed here.
//
// And not the `ip` command: the image need not have it, nothing is forked while queries wait, an answer is a number and not
// a text that changes between versions, and changes made by others are told over the same kind of socket.

import { isIPv6 } from 'node:net';
import { close, openNetlink } from 'node-reuseport';
import { addressBytes, addressText } from './address-bytes.ts';
import {
  type Attribute,
  attribute,
  decodeAttributes,
  encodeAttributes,
  hostUint32,
  joinBytes,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  type ReadAttribute,
  readHostUint32,
  textBytes,
  textOf,
} from './message.ts';
import { Netlink, NetlinkError } from './netlink.ts';
import {
  ADDRESS_HEADER,
  AF_INET,
  AF_INET6,
  IFA_ADDRESS,
  IFA_CACHEINFO,
  IFA_F_NODAD,
  IFA_LOCAL,
  IFF_UP,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  LINK_HEADER,
  NETLINK_ROUTE,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
} from './rtnetlink-numbers.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `dummy`, `tun`, `veth` …; undefined for what is no software, a network card for one. */
  readonly kind: string | undefined;
  readonly up: boolean;
  /** Of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined;
}

export interface LinkAddress {
  readonly link: number;
  /** Canonical. */
  readonly address: string;
  readonly prefix: number;
}

/** @throws NetlinkError, here and in each method, with the kernel's code */
export class Rtnetlink {
  readonly #netlink: Netlink;

  /** A conversation is short: nobody has to remember to close a socket. */
  static use<T>(talk: (kernel: Rtnetlink) => T): T {
    const fd = openNetlink(NETLINK_ROUTE, 0);
    try {
      return talk(new Rtnetlink(new Netlink(fd)));
    } finally {
      close(fd);
    }
  }

  constructor(netlink: Netlink) {
    this.#netlink = netlink;
  }

  /** By its name, or by its index; undefined when there is none. */
  link(which: string | number): Link | undefined {
    const [index, attributes]: [number, Attribute[]] =
      typeof which === 'number' ? [which, []] : [0, [[IFLA_IFNAME, textBytes(which)]]];
    try {
      const found = this.#netlink.ask(RTM_GETLINK, linkMessage(index, attributes));
      return found.filter(({ type }) => type === RTM_NEWLINK).map(({ payload }) => readLink(payload))[0];
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENODEV') return undefined;
      throw error;
    }
  }

  /** It is DOWN and has no address. @throws NetlinkError EEXIST, or EOPNOTSUPP when the kernel has no dummies */
  createDummy(name: string): void {
    const info: Attribute = [IFLA_LINKINFO, [[IFLA_INFO_KIND, textBytes('dummy')]]];
    const payload = linkMessage(0, [[IFLA_IFNAME, textBytes(name)], info]);
    this.#netlink.batch([{ type: RTM_NEWLINK, flags: CREATE, payload }]);
  }

  /** With its addresses, whatever kind it is. */
  deleteLink(index: number): void {
    this.#netlink.ask(RTM_DELLINK, linkMessage(index, []));
  }

  /** Of both families, on all interfaces. */
  addresses(): LinkAddress[] {
    return this.#netlink
      .dump(RTM_GETADDR, new Uint8Array(ADDRESS_HEADER))
      .filter(({ type }) => type === RTM_NEWADDR)
      .flatMap(({ payload }) => readAddress(payload));
  }

  /**
   * As one host's alone, in use at once: IPv6 does not ask around first whether somebody else has it. Nothing is sent from an
   * IPv6 address but answers: the kernel may otherwise prefer the cluster DNS's address to the node's own when it sends to a
   * pod whose interface has none. @throws NetlinkError EEXIST
   */
  addAddress(link: number, address: string): void {
    this.#netlink.batch([{ type: RTM_NEWADDR, flags: CREATE, payload: addressMessage(link, address) }]);
  }

  /** @throws NetlinkError EADDRNOTAVAIL */
  deleteAddress(link: number, address: string): void {
    this.#netlink.batch([{ type: RTM_DELADDR, flags: NLM_F_ACK, payload: addressMessage(link, address) }]);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const CREATE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

/** struct ifa_cacheinfo: never preferred (deprecated, RFC 4862 5.5.4), valid for ever; two times that the kernel fills in. */
const NOT_PREFERRED = joinBytes([0, 0xffffffff, 0, 0].map(hostUint32));

function linkMessage(index: number, attributes: readonly Attribute[]): Uint8Array {
  const header = new Uint8Array(LINK_HEADER);
  header.set(hostUint32(index), 4);
  return joinBytes([header, encodeAttributes(attributes)]);
}

function readLink(payload: Uint8Array): Link {
  const attributes = attributesAfter(payload, LINK_HEADER);
  const info = decodeAttributes(attribute(attributes, IFLA_LINKINFO) ?? new Uint8Array(0));
  const kind = attribute(info, IFLA_INFO_KIND);
  const master = attribute(attributes, IFLA_MASTER);
  return {
    index: readHostUint32(payload.subarray(4, 8)),
    name: textOf(attribute(attributes, IFLA_IFNAME) ?? new Uint8Array(0)),
    kind: kind && textOf(kind),
    up: (readHostUint32(payload.subarray(8, 12)) & IFF_UP) !== 0,
    master: master && readHostUint32(master),
  };
}

function addressMessage(link: number, address: string): Uint8Array {
  const bytes = addressBytes(address);
  const six = isIPv6(address);
  const [family, flags] = six ? [AF_INET6, IFA_F_NODAD] : [AF_INET, 0];
  const header = joinBytes([Uint8Array.of(family, 8 * bytes.length, flags, 0), hostUint32(link)]);
  // With one of two ends IPv4 would take the other for a peer.
  const ends: Attribute[] = [
    [IFA_LOCAL, bytes],
    [IFA_ADDRESS, bytes],
  ];
  return joinBytes([header, encodeAttributes(six ? [...ends, [IFA_CACHEINFO, NOT_PREFERRED]] : ends)]);
}

/** None for families without addresses that anybody could serve. */
function readAddress(payload: Uint8Array): LinkAddress[] {
  const attributes = attributesAfter(payload, ADDRESS_HEADER);
  // Where both are, the other is the address of the far end of a point-to-point link.
  const bytes = attribute(attributes, IFA_LOCAL) ?? attribute(attributes, IFA_ADDRESS);
  const address = bytes && addressText(bytes);
  if (address === undefined) return [];
  return [{ link: readHostUint32(payload.subarray(4, 8)), address, prefix: payload[1]! }];
}

function attributesAfter(payload: Uint8Array, header: number): ReadAttribute[] {
  if (payload.length < header)
    throw new NetlinkError('EBADMSG', 0, 'netlink: the answer makes no sense (EBADMSG)');
  return decodeAttributes(payload.subarray(header));
}
