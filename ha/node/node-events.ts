// node-events — hears from the kernel when somebody touches interfaces, addresses or nftables (iptables-nft, too).
//
// iptables-legacy tells nobody; there the interval has to do.

import { close, EAGAIN, openNetlink, READABLE, read } from 'node-reuseport';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { isInterfaceNews, isRulesNews } from './kernel-events.ts';
import { interfaceGroups, NETLINK_ROUTE } from './netlink/rtnetlink-numbers.ts';
import { NETLINK_NETFILTER, NFTABLES_NEWS } from './nftables/numbers.ts';
import type { NodePart } from './node-part.ts';
import type { Holding } from './wanted-state.ts';

const heard = new Uint8Array(65536);

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

// ---------------------------------------------------------------------------------------------------------------------

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
