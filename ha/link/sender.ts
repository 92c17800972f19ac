// sender — what this process tells its twin: each message names it, and some carry its sockets.

import { randomUUID } from 'node:crypto';
import { close } from 'node-reuseport';
import type { Config, Endpoint, Slot } from '../../src/config.ts';
import type { Handover } from '../../src/handover/handover.ts';
import type { ListenSockets } from '../../src/handover/sockets.ts';
import { version } from '../../src/version.ts';
import type { ElectionMessage } from '../node/election-message.ts';
import type { Channel } from './channel.ts';
import { pair } from './descriptors.ts';
import { textsOf } from './endpoint-texts.ts';
import { encode, type Message, type MessageType, PROTOCOL_VERSION } from './protocol.ts';
import { settingsOf } from './settings.ts';

export class Sender {
  /** Of this process alone. */
  readonly instance = randomUUID();
  readonly #slot: Slot;
  /** The pair's. */
  readonly #port: number;
  readonly #config: Config;
  /** What we are told to serve when we start. */
  readonly #first: readonly Endpoint[];
  /** Those to a twin that knows of endpoints at other ports than the pair's. */
  readonly #knowing = new WeakSet<Channel>();
  #handover: Handover | undefined;
  #stateFd: number | undefined;
  #hides = false;

  constructor(config: Config) {
    this.#slot = config.slot;
    this.#port = config.port;
    this.#first = config.listeners;
    this.#config = config;
  }

  /** From now on there are sockets and an arena to show. @param stateFd of our process state, ours to close */
  serving(handover: Handover, stateFd: number): void {
    this.#handover = handover;
    this.#stateFd = stateFd;
  }

  /** Our sockets take no more: from now on no process shall hold on to them. */
  hide(): void {
    this.#hides = true;
  }

  /** What a twin says shows what it can be told. */
  heard(channel: Channel, { further }: Pick<Message, 'further'>): void {
    if (further !== undefined) this.#knowing.add(channel);
  }

  get hides(): boolean {
    return this.#hides;
  }

  stop(): void {
    if (this.#stateFd !== undefined) close(this.#stateFd);
    this.#stateFd = undefined;
  }

  /**
   * Says where things stand; `welcome` and `serving` show our sockets, arena and process state, once there are any.
   * @param yours sockets of the receiver's slot, which are its own from now on, too
   */
  tell(channel: Channel, type: MessageType, yours: readonly ListenSockets[] = []): boolean {
    const shows = (type === 'welcome' || type === 'serving') && !this.#hides && this.#stateFd !== undefined;
    const isKnown = ({ port }: Endpoint) => port === this.#port || this.#knowing.has(channel);
    const own = shows ? this.#handover!.sockets.filter(isKnown) : [];
    const its = yours.filter(isKnown);
    const others = own.length > 0 ? [this.#handover!.arenaFd, this.#stateFd!] : [];
    const message = {
      ...this.#message(type),
      own: textsOf(own, this.#port),
      yours: textsOf(its, this.#port),
      ...(type === 'join' || type === 'welcome' || type === 'serving' ? this.#introduction() : {}),
    };
    return channel.send(message, [...own.flatMap(pair), ...others, ...its.flatMap(pair)]);
  }

  /** @param patient if the twin does not take over we stay */
  tellLeaving(channel: Channel, patient: boolean): void {
    channel.send({ ...this.#message('leaving'), patient });
  }

  /** Leaves a connection on which nothing is open to the twin, now or not at all; the descriptor may be closed then. */
  tellConnection(channel: Channel, fd: number): boolean {
    const bytes = encode(this.#message('connection'));
    return channel.sendBulk(bytes, bytes.length, Int32Array.of(fd));
  }

  tellElection(channel: Channel, election: ElectionMessage, descriptors: readonly number[]): void {
    channel.send({ ...this.#message('election'), election }, descriptors);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #introduction(): Pick<Message, 'listen' | 'further' | 'settings' | 'places'> {
    const wanted = this.#handover?.wanted ?? this.#first;
    const [listen, further] = [true, false].map((isAtPort) =>
      wanted.filter(({ port }) => (port === this.#port) === isAtPort),
    ) as [Endpoint[], Endpoint[]];
    const told = {
      listen: textsOf(listen, this.#port),
      further: textsOf(further, this.#port),
      settings: settingsOf(this.#config, this.#handover?.configuration),
    };
    const places = this.#handover?.endpoints.all;
    return places === undefined ? told : { ...told, places: textsOf(places, this.#port) };
  }

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
