// slot-listeners — a slot's sockets being read: our own, or those of another instance that cannot.

import { leaveGroup } from 'node-reuseport';
import type { ReplayManner, SocketReader, Unanswered } from '../handover/handover.ts';
import type { ListenSockets } from '../handover/sockets.ts';
import type { TcpListener } from './tcp-listener.ts';
import type { TcpServer } from './tcp-server.ts';
import type { UdpContext } from './udp-context.ts';
import { UdpListener } from './udp-listener.ts';

export class SlotListeners implements SocketReader {
  readonly udp: readonly UdpListener[];
  readonly #tcp: readonly TcpListener[];
  readonly #sockets: readonly ListenSockets[];
  readonly #onStop: () => void;

  /** @param addresses all listen addresses; readers of the arena know one by its place in their order */
  constructor(
    sockets: readonly ListenSockets[],
    addresses: readonly string[],
    udpContext: UdpContext,
    tcpServer: TcpServer,
    onStop: () => void,
  ) {
    this.#sockets = sockets;
    this.#onStop = onStop;
    const order = [...addresses].sort();
    this.udp = sockets.map(({ address, udp }) => new UdpListener(udp, order.indexOf(address), udpContext));
    this.#tcp = sockets.map(({ tcp }) => tcpServer.listen(tcp));
  }

  /** Reads them from now on. @throws when one cannot be read (EMFILE); then none is, and it can be tried again */
  begin(): void {
    try {
      for (const listener of [...this.udp, ...this.#tcp]) listener.begin();
    } catch (error) {
      this.#stopListeners();
      throw error;
    }
  }

  /** Answers what waits in them now. */
  receive(): void {
    for (const listener of this.udp) while (listener.receive() > 0);
    for (const listener of this.#tcp) listener.ready();
  }

  /** Since when one of them could not be read; undefined when all can. */
  get failingSince(): number | undefined {
    const since = [...this.udp, ...this.#tcp].flatMap(({ failingSince }) => failingSince ?? []);
    return since.length > 0 ? Math.min(...since) : undefined;
  }

  /** Answers a datagram that another process received; see UdpListener. */
  replay(query: Unanswered, manner: ReplayManner): void {
    const listener = this.udp.find(({ addressIndex }) => addressIndex === query.tag) ?? this.udp[0];
    listener?.replay(query.cell, query.length, manner);
  }

  /** Nothing new comes to them from now on; what has come is answered by `receive`. Cannot be undone. */
  retire(): void {
    for (const { udp } of this.#sockets) leaveGroup(udp);
    this.receive();
  }

  /** Reads them no longer; they stay open. Harmless when done before. */
  stop(): void {
    this.#stopListeners();
    this.#onStop();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #stopListeners(): void {
    for (const listener of this.udp) listener.stop();
    for (const listener of this.#tcp) listener.stop();
  }
}
