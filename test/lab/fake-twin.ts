// fake-twin — the other end of a twin's channel, in the hands of a test: hears everything, says only what it is told to.

import type { TestContext } from 'node:test';
import { ADDRESS_BYTES, Arena, accept, close, connectChannel, READABLE } from 'node-reuseport';
import { Channel, type ChannelListener } from '../../ha/link/channel.ts';
import { channelPath } from '../../ha/link/channel-directory.ts';
import { pair } from '../../ha/link/descriptors.ts';
import { type Message, type MessageType, PROTOCOL_VERSION } from '../../ha/link/protocol.ts';
import { openOwnState } from '../../ha/peers/process-state.ts';
import { otherSlot, type Slot } from '../../src/config.ts';
import { closeSockets, type ListenSockets } from '../../src/handover/sockets.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { listenAt, unlisten } from '../../src/options/listening-socket.ts';
import { channelDirectory, secureDirectory, type Where } from '../../src/options/pair-directory.ts';
import { openAt } from './endpoints.ts';

/** What it hears; `end` is that of the channel. */
export type Heard = MessageType | 'end';

export class FakeTwin implements ChannelListener {
  readonly slot: Slot;
  readonly heard: Heard[] = [];
  /** What it heard last. */
  last: Message | undefined;
  /** Whether what comes beside messages stays open until the test ends. */
  keeps = false;
  readonly kept: number[] = [];
  readonly #loop = new EventLoop((error) => {
    throw error;
  });
  readonly #t: TestContext;
  readonly #arena = new Arena({ ring: 8, parked: 4 });
  #channel: Channel | undefined;
  #look: () => void = () => {};

  /** Waits to be called, as whoever has the slot. */
  static listen(t: TestContext, where: Where, slot: Slot): FakeTwin {
    const twin = new FakeTwin(t, slot);
    secureDirectory(channelDirectory(where));
    const socket = listenAt(channelPath(where, slot));
    const { fd } = socket;
    const ready = () => twin.#open(accept(fd, new Uint8Array(ADDRESS_BYTES)));
    const tag = twin.#loop.watch(fd, READABLE, { ready });
    t.after(() => {
      twin.#loop.unwatch(fd, tag);
      unlisten(socket);
    });
    return twin;
  }

  /** Calls whoever has the other slot, or that of `whom`. */
  static call(t: TestContext, where: Where, slot: Slot, whom = otherSlot(slot)): FakeTwin {
    const twin = new FakeTwin(t, slot);
    twin.#open(connectChannel(channelPath(where, whom)));
    return twin;
  }

  private constructor(t: TestContext, slot: Slot) {
    this.#t = t;
    this.slot = slot;
    t.after(() => {
      this.#channel?.close();
      for (const fd of this.kept) close(fd);
      setImmediate(() => this.#loop.close());
    });
  }

  say(type: MessageType, change: Partial<Message> = {}, descriptors: readonly number[] = []): void {
    const { slot } = this;
    const said = { type, protocol: PROTOCOL_VERSION, slot, pid: 1, instance: `fake ${slot}`, version: '0' };
    this.#channel!.send({ ...said, own: [], yours: [], ...change }, descriptors);
  }

  /** Shows sockets of its own at that port, which stay open until the test ends, an arena and the state of this process. */
  serves(port: number, type: 'welcome' | 'serving', change: Partial<Message> = {}): readonly ListenSockets[] {
    const sockets = openAt(['127.0.0.1'], port);
    const stateFd = openOwnState();
    this.#t.after(() => {
      closeSockets(sockets);
      close(stateFd);
    });
    const fds = [...sockets.flatMap(pair), this.#arena.fd, stateFd];
    this.say(type, { own: ['127.0.0.1'], ...change }, fds);
    return sockets;
  }

  /** Ends the channel, as a process that dies does. */
  hangUp(): void {
    this.#channel!.close();
  }

  /** Resolves when it has heard that, now or before. */
  async hears(what: Heard): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.heard.includes(what)) resolve();
      };
      this.#look();
    });
  }

  message(_channel: Channel, message: Message, descriptors: readonly number[]): void {
    if (this.keeps) this.kept.push(...descriptors);
    else for (const fd of descriptors) close(fd);
    this.last = message;
    this.#hear(message.type);
  }

  binary(_channel: Channel, _bytes: Uint8Array, descriptors: readonly number[]): void {
    for (const fd of descriptors) close(fd);
  }

  ended(): void {
    this.#hear('end');
  }

  // -------------------------------------------------------------------------------------------------------------------

  #open(fd: number): void {
    this.#channel = new Channel(fd, this.#loop, this);
  }

  #hear(what: Heard): void {
    this.heard.push(what);
    this.#look();
  }
}
