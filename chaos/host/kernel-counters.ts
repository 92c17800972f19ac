// kernel-counters — what the kernel says it dropped: by the sockets of a port, and in all of the network namespace.

import { readFileSync } from 'node:fs';

export interface Dropped {
  /** By the UDP sockets bound to the port. */
  readonly sockets: number;
  /** By any UDP socket of the namespace for want of room (UdpRcvbufErrors). */
  readonly receiveBuffers: number;
  /** Connections that could not be queued (ListenDrops). */
  readonly listeners: number;
}

export class KernelCounters {
  readonly #port: number;
  readonly #read: (file: string) => string;
  readonly #before: { readonly receiveBuffers: number; readonly listeners: number };
  /** By inode: the count of a socket is gone when the socket is closed, so the last look is kept. */
  readonly #drops = new Map<string, { readonly first: number; last: number }>();

  /** @param read gives the text of a file below /proc/net */
  constructor(port: number, read = (file: string) => readFileSync(`/proc/net/${file}`, 'utf8')) {
    this.#port = port;
    this.#read = read;
    this.#before = this.#totals();
    this.look(true);
  }

  /** Looks at the sockets; a socket that comes and goes between two looks is missed. */
  look(first = false): void {
    for (const { inode, drops } of ['udp', 'udp6'].flatMap((file) => dropsOf(this.#read(file), this.#port))) {
      const known = this.#drops.get(inode);
      if (known === undefined) this.#drops.set(inode, { first: first ? drops : 0, last: drops });
      else known.last = Math.max(known.last, drops);
    }
  }

  dropped(): Dropped {
    this.look();
    const { receiveBuffers, listeners } = this.#totals();
    return {
      sockets: [...this.#drops.values()].reduce((sum, { first, last }) => sum + last - first, 0),
      receiveBuffers: receiveBuffers - this.#before.receiveBuffers,
      listeners: listeners - this.#before.listeners,
    };
  }

  // -------------------------------------------------------------------------------------------------------------------

  #totals(): { receiveBuffers: number; listeners: number } {
    const [snmp, netstat] = ['snmp', 'netstat'].map((file) => this.#read(file));
    const six = /^Udp6RcvbufErrors\s+(\d+)/m.exec(this.#read('snmp6'))?.[1] ?? '0';
    return {
      receiveBuffers: counter(snmp!, 'Udp', 'RcvbufErrors') + Number(six),
      listeners: counter(netstat!, 'TcpExt', 'ListenDrops'),
    };
  }
}

/** A number of /proc/net/snmp or netstat: a line of names, and below it one of values, both begin with the group. */
export function counter(text: string, group: string, name: string): number {
  const [names, values] = text.split('\n').filter((line) => line.startsWith(`${group}: `));
  const at = names?.split(' ').indexOf(name) ?? -1;
  const value = at < 0 ? undefined : values?.split(' ')[at];
  if (value === undefined)
    throw new Error(`the kernel has no counter ${group}: ${name}; nothing can be said about drops.`);
  return Number(value);
}

// ---------------------------------------------------------------------------------------------------------------------

/** The sockets of a port in /proc/net/udp. */
function dropsOf(text: string, port: number): { inode: string; drops: number }[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hex}`))
    .map((fields) => ({ inode: fields[9]!, drops: Number(fields.at(-1)) }));
}
