// udp — UDP sockets, and the groups that share a port: which of them a datagram comes to.

import { type Address, isSame, textOf } from './address.ts';
import { KernelError } from './errno.ts';
import { OpenFile, READABLE, WRITABLE } from './open-file.ts';

export interface Datagram {
  readonly from: Address;
  readonly bytes: Uint8Array;
}

/** Told what becomes of datagrams. */
export interface UdpWatcher {
  /** A socket has ended with these in its queue. */
  dropped(socket: UdpSocket, datagrams: readonly Datagram[]): void;
}

export class UdpSocket extends OpenFile {
  readonly kind = 'udp';
  readonly local: Address;
  readonly reusePort: boolean;
  /** Set by connect, which all holders of the description see. */
  peer: Address | undefined;
  receiveBuffer: number;
  sendBuffer: number;
  readonly queue: Datagram[] = [];
  readonly #ports: UdpPorts;

  constructor(
    inode: number,
    ports: UdpPorts,
    local: Address,
    reusePort: boolean,
    buffers: readonly number[],
  ) {
    super(inode);
    this.#ports = ports;
    this.local = local;
    this.reusePort = reusePort;
    [this.receiveBuffer = 0, this.sendBuffer = 0] = buffers;
  }

  override get flags(): number {
    return this.queue.length > 0 ? READABLE | WRITABLE : WRITABLE;
  }

  protected override ended(): void {
    this.#ports.unbind(this);
  }
}

export class UdpPorts {
  readonly #bound = new Map<string, UdpSocket[]>();
  readonly #watcher: UdpWatcher;

  constructor(watcher: UdpWatcher) {
    this.#watcher = watcher;
  }

  bind(socket: UdpSocket): void {
    const at = textOf(socket.local);
    const others = this.#bound.get(at) ?? [];
    if (others.length > 0 && !(socket.reusePort && others.every(({ reusePort }) => reusePort)))
      throw new KernelError('EADDRINUSE', 'bind', at);
    this.#bound.set(at, [...others, socket]);
  }

  isFree(local: Address): boolean {
    return !this.#bound.has(textOf(local));
  }

  unbind(socket: UdpSocket): void {
    const at = textOf(socket.local);
    const left = (this.#bound.get(at) ?? []).filter((one) => one !== socket);
    if (left.length > 0) this.#bound.set(at, left);
    else this.#bound.delete(at);
    if (socket.queue.length > 0) this.#watcher.dropped(socket, socket.queue);
  }

  /** Those bound there that take datagrams of any sender: the kernel passes over connected members of a group. */
  groupAt(local: Address): readonly UdpSocket[] {
    return (this.#bound.get(textOf(local)) ?? []).filter(({ peer }) => peer === undefined);
  }

  /** Which socket takes a datagram; undefined: none is there. */
  deliver(to: Address, datagram: Datagram): UdpSocket | undefined {
    const all = this.#bound.get(textOf(to)) ?? [];
    const connected = all.find(({ peer }) => peer !== undefined && isSame(peer, datagram.from));
    const group = this.groupAt(to);
    const socket = connected ?? group[spreadOf(datagram.from) % Math.max(1, group.length)];
    socket?.queue.push(datagram);
    return socket;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

/** As the kernel spreads clients over a group: by a hash of where they ask from. */
function spreadOf({ port }: Address): number {
  return Math.imul(port, 0x9e3779b1) >>> 16;
}
