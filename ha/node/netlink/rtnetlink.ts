// rtnetlink — interfaces and their addresses, in the kernel's own language; as much of it as is needed here.
//
// The `ip` command would have to be in the image, would be forked while queries wait, answers in words that change between
// versions, and does not tell of changes by other programs over the same kind of socket.

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
import * as rt from './rtnetlink-numbers.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `dummy`, `tun`, `veth` …; undefined for hardware, such as a network card. */
  readonly kind: string | undefined;
  readonly up: boolean;
  /** The index of the bridge, bond or VRF it belongs to. */
  readonly master: number | undefined;
}

export interface LinkAddress {
  readonly link: number;
  /** Canonical. */
  readonly address: string;
  readonly prefix: number;
}

/** @throws NetlinkError with the kernel's code, in each method */
export class Rtnetlink {
  readonly #netlink: Netlink;

  /** A short conversation, over a socket that is closed after it. */
  static use<T>(talk: (kernel: Rtnetlink) => T): T {
    const fd = openNetlink(rt.NETLINK_ROUTE, 0);
    try {
      return talk(new Rtnetlink(new Netlink(fd)));
    } finally {
      close(fd);
    }
  }

  constructor(netlink: Netlink) {
    this.#netlink = netlink;
  }

  /** By its name or its index; undefined when there is none. */
  link(which: string | number): Link | undefined {
    const [index, attributes]: [number, Attribute[]] =
      typeof which === 'number' ? [which, []] : [0, [[rt.IFLA_IFNAME, textBytes(which)]]];
    try {
      const found = this.#netlink.ask(rt.RTM_GETLINK, linkMessage(index, attributes));
      return found.filter(({ type }) => type === rt.RTM_NEWLINK).map(({ payload }) => readLink(payload))[0];
    } catch (error) {
      if (error instanceof NetlinkError && error.code === 'ENODEV') return undefined;
      throw error;
    }
  }

  /** It is DOWN and has no address. @throws NetlinkError EEXIST, or EOPNOTSUPP when the kernel has no dummies */
  createDummy(name: string): void {
    const info: Attribute = [rt.IFLA_LINKINFO, [[rt.IFLA_INFO_KIND, textBytes('dummy')]]];
    const payload = linkMessage(0, [[rt.IFLA_IFNAME, textBytes(name)], info]);
    this.#netlink.batch([{ type: rt.RTM_NEWLINK, flags: CREATE, payload }]);
  }

  /** With its addresses, whatever its kind. */
  deleteLink(index: number): void {
    this.#netlink.ask(rt.RTM_DELLINK, linkMessage(index, []));
  }

  /** Of both families, on all interfaces. */
  addresses(): LinkAddress[] {
    return this.#netlink
      .dump(rt.RTM_GETADDR, new Uint8Array(rt.ADDRESS_HEADER))
      .filter(({ type }) => type === rt.RTM_NEWADDR)
      .flatMap(({ payload }) => readAddress(payload));
  }

  /**
   * For one host alone, and in use at once: IPv6 does not first ask the network whether another host has it. Only answers are
   * sent from an IPv6 address: otherwise the kernel may prefer the address of the cluster DNS to the node's own when it sends
   * to a pod whose interface has none. @throws NetlinkError EEXIST
   */
  addAddress(link: number, address: string): void {
    this.#netlink.batch([{ type: rt.RTM_NEWADDR, flags: CREATE, payload: addressMessage(link, address) }]);
  }

  /** @throws NetlinkError EADDRNOTAVAIL */
  deleteAddress(link: number, address: string): void {
    this.#netlink.batch([{ type: rt.RTM_DELADDR, flags: NLM_F_ACK, payload: addressMessage(link, address) }]);
  }
}

// ---------------------------------------------------------------------------------------------------------------------

const CREATE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

/** struct ifa_cacheinfo: never preferred (deprecated, RFC 4862 5.5.4), valid for ever; the kernel fills in two times. */
const NOT_PREFERRED = joinBytes([0, 0xffffffff, 0, 0].map(hostUint32));

function linkMessage(index: number, attributes: readonly Attribute[]): Uint8Array {
  const header = new Uint8Array(rt.LINK_HEADER);
  header.set(hostUint32(index), 4);
  return joinBytes([header, encodeAttributes(attributes)]);
}

function readLink(payload: Uint8Array): Link {
  const attributes = attributesAfter(payload, rt.LINK_HEADER);
  const info = decodeAttributes(attribute(attributes, rt.IFLA_LINKINFO) ?? new Uint8Array(0));
  const kind = attribute(info, rt.IFLA_INFO_KIND);
  const master = attribute(attributes, rt.IFLA_MASTER);
  return {
    index: readHostUint32(payload.subarray(4, 8)),
    name: textOf(attribute(attributes, rt.IFLA_IFNAME) ?? new Uint8Array(0)),
    kind: kind && textOf(kind),
    up: (readHostUint32(payload.subarray(8, 12)) & rt.IFF_UP) !== 0,
    master: master && readHostUint32(master),
  };
}

function addressMessage(link: number, address: string): Uint8Array {
  const bytes = addressBytes(address);
  const six = isIPv6(address);
  const [family, flags] = six ? [rt.AF_INET6, rt.IFA_F_NODAD] : [rt.AF_INET, 0];
  const header = joinBytes([Uint8Array.of(family, 8 * bytes.length, flags, 0), hostUint32(link)]);
  // Where both ends are the same, IPv4 sees no point-to-point link.
  const ends: Attribute[] = [
    [rt.IFA_LOCAL, bytes],
    [rt.IFA_ADDRESS, bytes],
  ];
  return joinBytes([header, encodeAttributes(six ? [...ends, [rt.IFA_CACHEINFO, NOT_PREFERRED]] : ends)]);
}

/** None for families whose addresses cannot be served. */
function readAddress(payload: Uint8Array): LinkAddress[] {
  const attributes = attributesAfter(payload, rt.ADDRESS_HEADER);
  // Where both are given, IFA_ADDRESS is the far end of a point-to-point link.
  const bytes = attribute(attributes, rt.IFA_LOCAL) ?? attribute(attributes, rt.IFA_ADDRESS);
  const address = bytes && addressText(bytes);
  if (address === undefined) return [];
  return [{ link: readHostUint32(payload.subarray(4, 8)), address, prefix: payload[1]! }];
}

function attributesAfter(payload: Uint8Array, header: number): ReadAttribute[] {
  if (payload.length < header)
    throw new NetlinkError('EBADMSG', 0, 'netlink: the answer makes no sense (EBADMSG)');
  return decodeAttributes(payload.subarray(header));
}
