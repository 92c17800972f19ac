// channel — a connection between twins: messages in and out with their descriptors, and the end of it.
//
// What must arrive waits here for a twin that is slow; what is only useful is not kept at all.

import {
  close,
  EAGAIN,
  ECONNRESET,
  EMSGSIZE,
  HANGUP,
  monotonicMs,
  peerProcess,
  READABLE,
  receiveMessage,
  sendMessage,
  setSendBuffer,
  shutdown,
  WRITABLE,
} from 'node-reuseport';
import type { EventLoop, Watched } from '../../src/loop/event-loop.ts';
import { MESSAGES_TAKE } from '../timing.ts';
import { type BulkSender, decode, encode, FILLS, LONGEST_FILLS, type Message } from './protocol.ts';

/** Descriptors in one message at most. */
const MOST = 253;
/**
 * Bytes the kernel keeps for a twin that does not read: each connection told takes some 770, and after a takeover there are
 * hundreds. Where the kernel allows less, the rest is told when there is room.
 */
const SEND_BUFFER = 1 << 20;
/** So many bytes may be sent, once there was room, before the kernel is asked again whether there is. */
const KNOWN_ROOM = 1 << 16;
/** What a message takes in the kernel beside its bytes, at most. */
const MESSAGE_OVERHEAD = 1024;
/** Messages that wait for a slow twin; a twin that lets more pile up is not reading at all. */
const MOST_WAITING = 64;
/** Received in one turn, so that a flood of them does not hold up queries. */
const A_TURN = 64;
/** More messages than the kernel keeps for us. */
const A_QUEUE = 4096;
/** Messages with cached answers that are taken in where all that was said is heard at once; the others are not worth the time. */
const FILLS_IN_HASTE = 4;

/** Receives in a row that may fail before the channel is given up. */
const FAILURES = 3;
/** That end of the channel which is shut when nothing more shall come. */
const READING = 0;

/** First byte of a message that is not JSON. */
const jsonBegins = '{'.charCodeAt(0);

const received = new Uint8Array(LONGEST_FILLS);
const descriptors = new Int32Array(MOST + 1);
const none = new Int32Array(0);

export interface ChannelListener {
  /** The descriptors are the listener's from now on. */
  message(channel: Channel, message: Message, descriptors: readonly number[]): void;
  /** Bytes are valid during the call only; the descriptors are the listener's from now on. */
  binary(channel: Channel, bytes: Uint8Array, descriptors: readonly number[]): void;
  /** The other process is gone, or has closed it. Said once. */
  ended(channel: Channel): void;
}

export class Channel implements Watched, BulkSender {
  readonly fd: number;
  /** Of the process at the other end; 0 when it cannot be seen from here. */
  readonly pid: number;
  readonly #watchId: number;
  readonly #loop: EventLoop;
  readonly #listener: ChannelListener;
  readonly #waiting: { readonly bytes: Uint8Array; readonly fds: Int32Array }[] = [];
  #whenReady: (() => void)[] = [];
  /** Bytes that bulk has taken since there was room, as far as that is known. */
  #sentSince = KNOWN_ROOM;
  #closed = false;
  /** The kernel takes nothing more from us; set as long as what the twin has said is still to be heard. */
  #broken = false;

  /** @param fd a connected SOCK_SEQPACKET socket, which is the channel's from now on */
  constructor(fd: number, loop: EventLoop, listener: ChannelListener) {
    this.fd = fd;
    this.pid = peerProcess(fd);
    setSendBuffer(fd, SEND_BUFFER);
    this.#loop = loop;
    this.#listener = listener;
    this.#watchId = loop.watch(fd, READABLE, this, 'vital');
  }

  /** Sends a message, now or later; the descriptors stay the caller's and open. False when the twin is gone or stuck. */
  send(message: Message, fds: readonly number[] = []): boolean {
    const bytes = encode(message);
    const descriptors = Int32Array.from(fds);
    if (this.#closed || this.#broken) return false;
    if (this.#waiting.length === 0 && this.#sent(bytes, bytes.length, descriptors)) return true;
    if (this.#broken || this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push({ bytes, fds: descriptors });
    this.#watch();
    return true;
  }

  /** Sends the first `length` bytes now or not at all; false when the twin takes no more right now. */
  sendBulk(bytes: Uint8Array, length: number, fds: Int32Array = none): boolean {
    this.#sentSince += length + MESSAGE_OVERHEAD;
    return !this.#closed && !this.#broken && this.#waiting.length === 0 && this.#sent(bytes, length, fds);
  }

  /** Runs `task` once when at most a quarter of the kernel's buffer is taken: messages still fit behind bulk. */
  whenReady(task: () => void): void {
    this.#whenReady.push(task);
    this.#watch();
  }

  /** The same, at the end of this turn where little was sent since that was so: watching for it takes three calls. */
  soon(task: () => void): void {
    const isKnown = this.#sentSince < KNOWN_ROOM && this.#whenReady.length === 0;
    if (isKnown) this.#loop.later(() => !this.#closed && task());
    else this.whenReady(task);
  }

  ready(flags: number): void {
    this.#receive(A_TURN, (flags & HANGUP) === 0);
    if (flags & WRITABLE) this.#resume();
  }

  /** Takes in all that was said until now; false when that was the end. */
  hear(): boolean {
    this.#receive(A_QUEUE, false);
    return !this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#whenReady = [];
    this.#loop.unwatch(this.fd, this.#watchId);
    close(this.fd);
  }

  // -------------------------------------------------------------------------------------------------------------------

  /** @param gently queries come between what is work */
  #receive(most: number, gently: boolean): void {
    let failures = 0;
    const end = monotonicMs() + MESSAGES_TAKE;
    let fills = 0;
    for (let i = 0; i < most && !this.#closed; i++) {
      const length = receiveMessage(this.fd, received, descriptors);
      if (length === -EAGAIN) break;
      if (length === -EMSGSIZE) continue; // too long for us, or no descriptors left here: that message is lost, not the twin
      if (length === 0) return this.#end();
      if (length < 0) {
        // A twin that ended with messages of ours unread shows as a reset: what it had sent before comes next, and then the end.
        // After other failures nothing more shall come: what is told and not heard is held by none.
        if (length !== -ECONNRESET) shutdown(this.fd, READING);
        this.#broken = true;
        if (++failures < FAILURES) continue;
        return this.#end();
      }
      const isFills = received[0] === FILLS;
      const passesOver = isFills && !gently && ++fills > FILLS_IN_HASTE;
      const fds = Array.from(descriptors.subarray(1, 1 + descriptors[0]!));
      if (passesOver) for (const fd of fds) close(fd);
      else this.#take(length, fds);
      if (gently && (isFills || monotonicMs() >= end)) break;
    }
  }

  #take(length: number, fds: readonly number[]): void {
    const bytes = received.subarray(0, length);
    if (bytes[0] !== jsonBegins) return this.#listener.binary(this, bytes, fds);
    const message = decode(bytes);
    // Descriptors that are not taken would be sockets that no process reads.
    if (message === undefined) for (const fd of fds) close(fd);
    else this.#listener.message(this, message, fds);
  }

  #sent(bytes: Uint8Array, length: number, fds: Int32Array): boolean {
    const sent = sendMessage(this.fd, bytes, length, fds);
    if (sent < 0 && sent !== -EAGAIN) this.#break();
    return sent === length;
  }

  /** What cannot be sent is not tried for ever: the twins meet anew. Not in the call, which may be one of the listener's own. */
  #break(): void {
    if (this.#broken) return;
    this.#broken = true;
    setImmediate(() => {
      if (this.#closed) return;
      shutdown(this.fd, READING); // what the twin has not said by now it says by another channel
      if (this.hear()) this.#end();
    });
  }

  #resume(): void {
    while (this.#waiting.length > 0) {
      const { bytes, fds } = this.#waiting[0]!;
      if (!this.#sent(bytes, bytes.length, fds)) return;
      this.#waiting.shift();
    }
    this.#sentSince = 0;
    const tasks = this.#whenReady;
    this.#whenReady = [];
    for (const task of tasks) task();
    this.#watch();
  }

  #watch(): void {
    if (this.#closed || this.#broken) return;
    const writing = this.#waiting.length > 0 || this.#whenReady.length > 0;
    this.#loop.modify(this.fd, READABLE | (writing ? WRITABLE : 0), this.#watchId);
  }

  #end(): void {
    if (this.#closed) return;
    this.close();
    this.#listener.ended(this);
  }
}
