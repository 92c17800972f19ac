// kernel-drops — datagrams the kernel dropped because the queue of a UDP socket was full; it alone can count them.
//
// A socket outlives the process that reads it, and so does its number: it goes on where the process before left it.

import { fstatSync, readFileSync } from 'node:fs';
import { formatEndpoint } from '../config.ts';
import type { ListenSockets } from '../handover/sockets.ts';

/** One line a socket: its inode is the 10th word, its drops the last one. */
const tables = ['/proc/net/udp', '/proc/net/udp6'] as const;
const INODE = 9;
const DROPS = 12;

/** By address as the status has it (`127.0.0.1:53/udp`); what the kernel does not tell is missing. */
export function kernelDrops(
  sockets: readonly Pick<ListenSockets, 'address' | 'port' | 'udp'>[],
  read: (path: string) => string = readTable,
): ReadonlyMap<string, number> {
  const wanted = new Map<string, string>();
  for (const { udp, ...endpoint } of sockets) {
    const inode = inodeOf(udp);
    if (inode !== undefined) wanted.set(inode, `${formatEndpoint(endpoint)}/udp`);
  }
  const found = new Map<string, number>();
  for (const table of tables) {
    if (found.size === wanted.size) break;
    for (const line of read(table).split('\n')) {
      const words = line.trim().split(/\s+/);
      const address = wanted.get(words[INODE] ?? '');
      const drops = words[DROPS] ?? '';
      if (address !== undefined && /^\d+$/.test(drops)) found.set(address, Number(drops));
    }
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // no /proc, or no IPv6
  }
}

/** Undefined when the instance has just closed it. */
function inodeOf(fd: number): string | undefined {
  try {
    return String(fstatSync(fd).ino);
  } catch {
    return undefined;
  }
}
