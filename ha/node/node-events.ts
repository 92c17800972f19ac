// node-events — hears from the kernel when somebody touches interfaces, addresses or nftables (iptables-nft, too).
//
// What it says is not read: a look follows in any case. iptables-legacy tells nobody; there the interval has to do.

import { close, openNetlink, READABLE, read } from 'node-reuseport';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import type { NodePart } from './node-part.ts';

const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR. */
const ROUTE_GROUPS = 0x1 | 0x10 | 0x100;
/** NFNLGRP_NFTABLES. */
const NFTABLES_GROUP = 1 << (7 - 1);

const heard = new Uint8Array(65536);

/**
 * Calls `changed` with the part that may have until the function returned is called. A kernel that tells of one of them
 * only is listened to for that one.
 */
export function watchNode(loop: EventLoop, changed: (what: NodePart['name']) => void): () => void {
  const sources: readonly (readonly [what: NodePart['name'], protocol: number, groups: number])[] = [
    ['interface', NETLINK_ROUTE, ROUTE_GROUPS],
    ['rules', NETLINK_NETFILTER, NFTABLES_GROUP],
  ];
  const stops = sources.flatMap(([what, protocol, groups]) => {
    try {
      return [watch(loop, openNetlink(protocol, groups), () => changed(what))];
    } catch {
      return [];
    }
  });
  return () => {
    for (const stop of stops) stop();
  };
}

// ---------------------------------------------------------------------------------------------------------------------

function watch(loop: EventLoop, fd: number, changed: () => void): () => void {
  const ready = () => {
    // ENOBUFS when it told more than fitted: then something has changed, too.
    while (read(fd, heard, 0, heard.length) > 0);
    changed();
  };
  const tag = loop.watch(fd, READABLE, { ready });
  return () => {
    loop.unwatch(fd, tag);
    close(fd);
  };
}
