// tcp-stream — a TCP connection as it is: what is written goes out, what comes is handed on.

import { constants } from 'node:os';
import {
  close,
  connectTcp,
  EAGAIN,
  ERROR,
  HANGUP,
  pendingError,
  READABLE,
  read,
  shutdown,
  WRITABLE,
  write,
} from 'node-reuseport';
import type { Endpoint } from '../config.ts';
import type { EventLoop, Watched } from '../loop/event-loop.ts';
import { ACKNOWLEDGED_WITHIN, type ByteStream, type StreamUser } from './byte-stream.ts';
import { refusalOf } from './refusal.ts';

const { ETIMEDOUT } = constants.errno;

/** Shared by all connections: what a read yields is consumed before the next one. */
const received = Buffer.allocUnsafeSlow(65536 + 2);

export class TcpStream implements ByteStream, Watched {
  readonly #fd: number;
  readonly #watchId: number;
  readonly #loop: EventLoop;
  readonly #user: StreamUser;
  #stands = false;
  #closed = false;
  /** What the kernel has not taken yet. */
  #outgoing: Buffer | undefined = undefined;
  #awaitsRoom = true; // writable is how a connection under way reports that it stands

  constructor(endpoint: Endpoint, loop: EventLoop, user: StreamUser) {
    this.#loop = loop;
    this.#user = user;
    this.#fd = connectTcp({ ...endpoint, acknowledgedWithin: ACKNOWLEDGED_WITHIN });
    try {
      this.#watchId = loop.watch(this.#fd, READABLE | WRITABLE, this);
    } catch (error) {
      close(this.#fd);
      throw error;
    }
  }

  write(bytes: Buffer): void {
    this.#outgoing = this.#outgoing === undefined ? bytes : Buffer.concat([this.#outgoing, bytes]);
    this.#flush();
  }

  ready(flags: number): void {
    const over = (flags & (ERROR | HANGUP)) !== 0;
    if (flags & WRITABLE && !over) this.#hasRoom();
    // What came before an RST is good: the error is what is read last.
    if (flags & READABLE || over) this.#read(over);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.unwatch(this.#fd, this.#watchId);
    shutdown(this.#fd, 2);
    close(this.#fd);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #hasRoom(): void {
    if (!this.#stands) {
      this.#stands = true;
      this.#user.stood();
    }
    this.#flush();
  }

  #read(over: boolean): void {
    if (this.#closed) return;
    const length = read(this.#fd, received, 0, received.length);
    if (length === -EAGAIN && !over) return;
    if (length === -EAGAIN) return this.#fail(pendingError(this.#fd));
    if (length <= 0) return this.#fail(length);
    this.#user.received(received, length);
  }

  #flush(): void {
    if (this.#closed) return;
    const bytes = this.#outgoing;
    if (bytes !== undefined) {
      const sent = write(this.#fd, bytes, 0, bytes.length);
      if (sent < 0 && sent !== -EAGAIN) return this.#fail(sent);
      this.#outgoing = sent === bytes.length ? undefined : bytes.subarray(Math.max(sent, 0));
    }
    const wantsRoom = this.#outgoing !== undefined;
    if (wantsRoom === this.#awaitsRoom) return;
    this.#awaitsRoom = wantsRoom;
    this.#loop.modify(this.#fd, wantsRoom ? READABLE | WRITABLE : READABLE, this.#watchId);
  }

  #fail(errno: number): void {
    this.close();
    const refusal = errno < 0 ? refusalOf(errno) : 'refused';
    const isLost = this.#stands || errno === -ETIMEDOUT;
    this.#user.ended(refusal !== 'local' && isLost ? 'closed' : refusal);
  }
}
