// sender — what this process says to others: each message names it, and some carry its sockets.

import { randomUUID } from 'node:crypto';
import { close } from 'node-reuseport';
import type { Slot } from '../../src/config.ts';
import type { ListenSockets } from '../../src/listen/sockets.ts';
import type { Resolver } from '../../src/resolver.ts';
import { version } from '../../src/version.ts';
import type { ElectionMessage } from '../node/election-message.ts';
import { openOwnLife } from '../peers/process-state.ts';
import type { Channel } from './channel.ts';
import { pair } from './descriptors.ts';
import { encode, type Message, type MessageType, PROTOCOL_VERSION } from './protocol.ts';

export class Speaker {
  /** Of this process alone. */
  readonly instance = randomUUID();
  readonly #slot: Slot;
  #resolver: Resolver | undefined;
  #lifeFd = -1;
  #hides = false;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  /** From now on there are sockets and an arena to show. */
  serving(resolver: Resolver): void {
    this.#resolver = resolver;
    this.#lifeFd = openOwnLife();
  }

  /** Our sockets take no more: from now on nobody shall hold on to them. */
  hide(): void {
    this.#hides = true;
  }

  get hides(): boolean {
    return this.#hides;
  }

  stop(): void {
    if (this.#lifeFd >= 0) close(this.#lifeFd);
    this.#lifeFd = -1;
  }

  /**
   * Says where things stand; `welcome` and `serving` show our sockets, arena and life, once there are any.
   * @param yours sockets of the receiver's slot, which are its own from now on, too
   */
  tell(channel: Channel, type: MessageType, yours: readonly ListenSockets[] = []): boolean {
    const shows = (type === 'welcome' || type === 'serving') && !this.#hides;
    const own = shows ? (this.#resolver?.sockets ?? []) : [];
    const others = own.length > 0 ? [this.#resolver!.arenaFd, this.#lifeFd] : [];
    const message = {
      ...this.#message(type),
      own: own.map(({ address }) => address),
      yours: yours.map(({ address }) => address),
    };
    return channel.send(message, [...own.flatMap(pair), ...others, ...yours.flatMap(pair)]);
  }

  /** Leaves sockets of that slot to a process of any version. */
  bequeath(channel: Channel, slot: Slot, sockets: readonly ListenSockets[]): boolean {
    const own = sockets.map(({ address }) => address);
    return channel.send({ ...this.#message('bequest'), slot, own }, sockets.flatMap(pair));
  }

  /** The same of a connection, now or not at all; the descriptor may be closed then. */
  bequeathConnection(channel: Channel, fd: number): boolean {
    const bytes = encode(this.#message('connection'));
    return channel.sendBulk(bytes, bytes.length, Int32Array.of(fd));
  }

  /** @param patient if nobody takes over we stay */
  tellLeaving(channel: Channel, patient: boolean): void {
    channel.send({ ...this.#message('leaving'), patient });
  }

  tellDuty(channel: Channel, duty: ElectionMessage, descriptors: readonly number[]): void {
    channel.send({ ...this.#message('duty'), duty }, descriptors);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #message(type: MessageType): Message {
    return {
      type,
      protocol: PROTOCOL_VERSION,
      slot: this.#slot,
      pid: process.pid,
      instance: this.instance,
      version,
      own: [],
      yours: [],
    };
  }
}
