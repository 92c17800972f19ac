// channel — a connection between twins: messages in and out with their descriptors, and the end of it.

import { close, EAGAIN, ERROR, HANGUP, READABLE, receiveMessage, sendMessage } from 'node-reuseport';
import type { EventLoop, Watched } from '../src/loop/event-loop.ts';
import { decode, encode, type Message } from './protocol.ts';

/** Longest message; a few addresses fit many times. */
const LONGEST = 16 << 10;
/** Descriptors in one message at most. */
const MOST = 253;

const received = new Uint8Array(LONGEST);
const descriptors = new Int32Array(MOST + 1);

export interface ChannelListener {
  /** The descriptors are the listener's from now on. */
  message(channel: Channel, message: Message, descriptors: readonly number[]): void;
  /** The other process is gone, or has closed it. Said once. */
  ended(channel: Channel): void;
}

export class Channel implements Watched {
  readonly #fd: number;
  readonly #tag: number;
  readonly #loop: EventLoop;
  readonly #listener: ChannelListener;
  #closed = false;

  /** @param fd a connected SOCK_SEQPACKET socket, which is the channel's from now on */
  constructor(fd: number, loop: EventLoop, listener: ChannelListener) {
    this.#fd = fd;
    this.#loop = loop;
    this.#listener = listener;
    this.#tag = loop.watch(fd, READABLE, this);
  }

  /** Sends a message; the descriptors stay the caller's, the twin gets duplicates. False when the twin cannot take it. */
  send(message: Message, fds: readonly number[] = []): boolean {
    if (this.#closed) return false;
    const bytes = encode(message);
    return sendMessage(this.#fd, bytes, bytes.length, Int32Array.from(fds)) === bytes.length;
  }

  ready(flags: number): void {
    while (!this.#closed) {
      const length = receiveMessage(this.#fd, received, descriptors);
      if (length === -EAGAIN) break;
      if (length <= 0) return this.#end();
      const fds = Array.from(descriptors.subarray(1, 1 + descriptors[0]!));
      const message = decode(received.subarray(0, length));
      // Descriptors nobody takes would be sockets nobody reads.
      if (message === undefined) for (const fd of fds) close(fd);
      else this.#listener.message(this, message, fds);
    }
    if (flags & (ERROR | HANGUP)) this.#end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.unwatch(this.#fd, this.#tag);
    close(this.#fd);
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.#listener.ended(this);
  }
}
