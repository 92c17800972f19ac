// listeners — the sockets an instance reads: its own, those of its twin that it reads beside it or in its place, and its own that
// it has given up and whose last queries it answers.

import type { Endpoint } from '../config.ts';
import { TwindnsError } from '../errors.ts';
import { EndpointTable, MOST_ENDPOINTS } from '../handover/endpoint-table.ts';
import { closeSockets, completeSockets, type ListenSockets, openSockets } from '../handover/sockets.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import { isAmong } from '../options/endpoint.ts';
import { SlotListeners } from './slot-listeners.ts';
import type { TcpServer } from './tcp-server.ts';
import type { UdpContext } from './udp-context.ts';
import type { UdpListener } from './udp-listener.ts';

/** Of each endpoint, the sockets of ours and of the twin: they can be watched whatever clients have left. */
export const RESERVE = 4;

export class Listeners {
  /** Ours, but for those that were given up; the same array always. */
  readonly sockets: ListenSockets[] = [];
  /** What the tags in our arena mean. */
  readonly endpoints: EndpointTable;
  #wanted: readonly Endpoint[];
  #own: SlotListeners;
  readonly #read = new Set<SlotListeners>();
  #isOpen = false;
  /** Ours that take no more and are not closed yet. */
  readonly #givenUp = new Set<readonly ListenSockets[]>();
  readonly #udpContext: UdpContext;
  readonly #tcpServer: TcpServer;
  readonly #loop: EventLoop;

  /** @param wanted what is to be served  @param port the pair's */
  constructor(
    wanted: readonly Endpoint[],
    port: number,
    udpContext: UdpContext,
    tcpServer: TcpServer,
    loop: EventLoop,
  ) {
    this.endpoints = new EndpointTable(wanted, port);
    this.#wanted = wanted;
    this.#udpContext = udpContext;
    this.#tcpServer = tcpServer;
    this.#loop = loop;
    this.#own = this.#listenersOf(this.sockets, true);
  }

  /** What is to be served. */
  get wanted(): readonly Endpoint[] {
    return this.#wanted;
  }

  get own(): SlotListeners {
    return this.#own;
  }

  /** Those that are read. */
  get all(): readonly SlotListeners[] {
    return [...this.#read];
  }

  /** By which an endpoint of that place is answered: ours, or the twin's where it alone serves it; any where neither does. */
  udpAt(place: number): UdpListener | undefined {
    const listeners = [this.#own, ...this.#read].flatMap(({ udp }) => udp);
    return listeners.find(({ endpointIndex }) => endpointIndex === place) ?? listeners[0];
  }

  /**
   * Begins, once.
   * @param given of ours, which another process reads until `begin`; fresh ones are read at once
   * @throws an Error with `code` when an endpoint cannot be bound; those that are given are closed then
   */
  open(given: readonly ListenSockets[] | undefined): void {
    this.sockets.push(...completeSockets(given ?? [], this.#wanted));
    this.endpoints.add(this.sockets);
    this.#isOpen = true;
    this.#own = this.#listenersOf(this.sockets, true);
    this.#read.add(this.#own);
    if (given === undefined) this.#own.begin();
  }

  /** Reads our own sockets, if they are not read yet. @throws when that cannot be (EMFILE); to be tried again */
  begin(): void {
    if (this.#read.has(this.#own)) this.#own.begin(); // not after it has stopped
  }

  /** Reads sockets of the twin, too; they stay the caller's. @throws likewise */
  read(sockets: readonly ListenSockets[]): SlotListeners {
    const reading = this.#listenersOf(sockets, false);
    reading.begin();
    this.#read.add(reading);
    return reading;
  }

  /**
   * Serves these, too; what is wanted no more is served until it is given up.
   * @throws as `open`, or TwindnsError CONFIG_REFUSED while too much was given up, or served, before; nothing has changed then
   */
  want(endpoints: readonly Endpoint[]): void {
    const missing = this.#isOpen ? endpoints.filter((one) => !isAmong(one, this.sockets)) : [];
    if (missing.length > 0) this.#refuseChurn(missing);
    const opened = openSockets(missing);
    try {
      this.#own.add(opened);
    } catch (error) {
      closeSockets(opened);
      throw error;
    }
    this.sockets.push(...opened);
    this.#wanted = endpoints;
    this.#loop.reserve(RESERVE * this.sockets.length);
  }

  /** Nothing new comes to our sockets of these endpoints, for good. Returns what answers the last that has come, and closes them. */
  giveUp(endpoints: readonly Endpoint[]): () => void {
    const left = this.sockets.filter((one) => isAmong(one, endpoints));
    this.#own.leave(endpoints);
    const reading = this.read(left);
    reading.retire();
    this.sockets.splice(0, this.sockets.length, ...this.sockets.filter((one) => !left.includes(one)));
    this.#givenUp.add(left);
    return () => {
      if (!this.#givenUp.delete(left)) return; // all is closed
      reading.drain();
      reading.stop();
      closeSockets(left);
    };
  }

  /** Reads no more, and closes what is ours. */
  close(): void {
    for (const reading of this.#read) reading.stop();
    for (const left of this.#givenUp) closeSockets(left);
    this.#givenUp.clear();
    closeSockets(this.sockets.splice(0));
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** Sockets that are given up are open for seconds, and places are never taken back. */
  #refuseChurn(missing: readonly Endpoint[]): void {
    const givenUp = [...this.#givenUp].reduce((sum, { length }) => sum + length, 0);
    const why =
      givenUp >= MOST_ENDPOINTS
        ? `the sockets of ${givenUp} that were given up a moment ago are still being answered. They are gone in a few seconds: change it less often`
        : this.endpoints.hasRoomFor(missing)
          ? undefined
          : `this process and its twin have served ${MOST_ENDPOINTS} of them by now, and can name no more to each other. Start it anew`;
    if (why !== undefined)
      throw new TwindnsError('CONFIG_REFUSED', `no further addresses and ports are served now: ${why}.`);
  }

  #listenersOf(sockets: readonly ListenSockets[], areOurs: boolean): SlotListeners {
    const onStop = () => this.#read.delete(listeners);
    const listeners: SlotListeners = new SlotListeners(
      sockets,
      this.endpoints,
      this.#udpContext,
      this.#tcpServer,
      onStop,
      areOurs,
    );
    return listeners;
  }
}
