// kernel-drops — datagrams the kernel dropped because the queue of a UDP socket was full; it alone can count them.
//
// A socket outlives the process that reads it, and so does its number: it goes on where the process before left it. Our own
// sockets are asked for it, one call each: the table of all, in /proc/net, takes the longer the more sockets others have.

import { queueDrops } from 'node-reuseport';
import { formatEndpoint } from '../config.ts';
import type { ListenSockets } from '../handover/sockets.ts';

/** By address as the status has it (`127.0.0.1:53/udp`); a socket the instance has just closed is missing. */
export function kernelDrops(
  sockets: readonly Pick<ListenSockets, 'address' | 'port' | 'udp'>[],
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { udp, ...endpoint } of sockets) {
    const drops = queueDrops(udp);
    if (drops >= 0) found.set(`${formatEndpoint(endpoint)}/udp`, drops);
  }
  return found;
}
