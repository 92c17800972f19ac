// slot-listeners — a slot's sockets being read: our own, or those of another instance that cannot.

import { leaveGroup } from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import { readsWord } from '../handover/arena-words.ts';
import type { EndpointTable } from '../handover/endpoint-table.ts';
import type { SocketReader } from '../handover/handover.ts';
import type { ListenSockets } from '../handover/sockets.ts';
import { isAmong } from '../options/endpoint.ts';
import type { TcpListener } from './tcp-listener.ts';
import type { TcpServer } from './tcp-server.ts';
import type { UdpContext } from './udp-context.ts';
import { UdpListener } from './udp-listener.ts';

export class SlotListeners implements SocketReader {
  udp: readonly UdpListener[];
  #tcp: readonly TcpListener[];
  #sockets: readonly ListenSockets[];
  #isSpared = false;
  readonly #onStop: () => void;
  readonly #read: (sockets: ListenSockets) => readonly [UdpListener, TcpListener];

  /**
   * @param endpoints readers of the arena know an endpoint by its place there
   * @param areOurs what is read is counted, for the twin to see that it is
   */
  constructor(
    sockets: readonly ListenSockets[],
    endpoints: EndpointTable,
    udpContext: UdpContext,
    tcpServer: TcpServer,
    onStop: () => void,
    areOurs = false,
  ) {
    this.#sockets = [...sockets];
    this.#onStop = onStop;
    const wordOf = (place: number, kind: 'udp' | 'tcp') => (areOurs ? readsWord(place, kind) : -1);
    this.#read = ({ udp, tcp, ...endpoint }) => {
      const place = endpoints.indexOf(endpoint);
      return [
        new UdpListener(udp, place, udpContext, wordOf(place, 'udp')),
        tcpServer.listen(tcp, wordOf(place, 'tcp')),
      ];
    };
    const listeners = sockets.map(this.#read);
    this.udp = listeners.map(([udp]) => udp);
    this.#tcp = listeners.map(([, tcp]) => tcp);
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

  /**
   * Answers what waits in them now, as much of it as a turn of the loop answers: of a flood there is always more, and the next
   * turns, or another reader, see to it.
   */
  receive(): void {
    for (const listener of this.udp) listener.ready();
    for (const listener of this.#tcp) listener.ready();
  }

  /** Answers all that waits in them, which has an end: nothing new comes to them. */
  drain(): void {
    if (this.#isSpared) return this.receive();
    for (const listener of this.udp) listener.drain();
    for (const listener of this.#tcp) listener.ready();
  }

  /** Since when one of them could not be read; undefined when all can. */
  get failingSince(): number | undefined {
    const since = [...this.udp, ...this.#tcp].flatMap(({ failingSince }) => failingSince ?? []);
    return since.length > 0 ? Math.min(...since) : undefined;
  }

  /** Reads these, too, from now on. @throws when one cannot be read (EMFILE); then none of them is */
  add(sockets: readonly ListenSockets[]): void {
    const listeners = sockets.map(this.#read);
    try {
      for (const listener of listeners.flat()) listener.begin();
    } catch (error) {
      for (const listener of listeners.flat()) listener.stop();
      throw error;
    }
    this.udp = [...this.udp, ...listeners.map(([udp]) => udp)];
    this.#tcp = [...this.#tcp, ...listeners.map(([, tcp]) => tcp)];
    this.#sockets = [...this.#sockets, ...sockets];
  }

  /** Reads those of these endpoints no longer, and forgets them; they stay open. */
  leave(endpoints: readonly Endpoint[]): void {
    const stay = this.#sockets.map((one) => !isAmong(one, endpoints));
    const [udp, tcp] = [this.udp, this.#tcp];
    this.udp = udp.filter((_, i) => stay[i]);
    this.#tcp = tcp.filter((_, i) => stay[i]);
    this.#sockets = this.#sockets.filter((_, i) => stay[i]);
    for (const left of [...udp, ...tcp].filter((_, i) => !stay[i % stay.length])) left.stop();
  }

  /** Nothing new comes to them from now on; what has come is answered by `drain`. Cannot be undone. */
  retire(): void {
    if (!this.#isSpared) for (const { udp } of this.#sockets) leaveGroup(udp);
    this.drain();
  }

  spare(): void {
    this.#isSpared = true;
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
