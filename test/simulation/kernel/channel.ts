// channel — unix sockets of type SEQPACKET: names, calls that wait to be accepted, messages that carry descriptors.

import { type Errno, errnos, KernelError } from './errno.ts';
import { ERROR, HANGUP, OpenFile, READ_HANGUP, READABLE, WRITABLE } from './open-file.ts';

/** Calls that wait to be accepted, at most. */
const BACKLOG = 16;
/** What the kernel counts for a message beside its bytes. */
const OVERHEAD = 768;
/** Bytes a socket may have on their way, unless told otherwise. */
const SEND_BUFFER = 212_992;

interface Message {
  readonly bytes: Uint8Array;
  readonly files: readonly OpenFile[];
}

export class ChannelListener extends OpenFile {
  readonly kind = 'channel listener';
  readonly pid: number;
  /** Those that call, not accepted yet: each is the listener's side. */
  readonly waiting: ChannelEnd[] = [];
  /** Told when it ends: names that lead to it lead nowhere then. */
  onEnd: () => void = () => {};

  constructor(inode: number, pid: number) {
    super(inode);
    this.pid = pid;
  }

  override get flags(): number {
    return this.waiting.length > 0 ? READABLE : 0;
  }

  /** A connection to it. @param inodes of both sides @throws EAGAIN */
  call(pid: number, inodes: readonly [number, number]): ChannelEnd {
    if (this.waiting.length > BACKLOG) throw new KernelError('EAGAIN', 'connect');
    const caller = new ChannelEnd(inodes[0], this.pid);
    const called = new ChannelEnd(inodes[1], pid);
    caller.peer = called;
    called.peer = caller;
    called.hold();
    this.waiting.push(called);
    return caller;
  }

  /** @returns held once more than it is: for the caller's descriptor */
  accept(): ChannelEnd | undefined {
    return this.waiting.shift();
  }

  protected override ended(): void {
    for (const called of this.waiting) called.letGo();
    this.onEnd();
  }
}

export class ChannelEnd extends OpenFile {
  readonly kind = 'channel';
  /** Of the process at the other end. */
  readonly peerPid: number;
  peer: ChannelEnd | undefined;
  sendBuffer = SEND_BUFFER;
  readonly #inbox: Message[] = [];
  #inFlight = 0;
  #error: Errno | undefined;
  #isOver = false;
  readonly #shut = { reading: false, writing: false };

  constructor(inode: number, peerPid: number) {
    super(inode);
    this.peerPid = peerPid;
  }

  override get flags(): number {
    const { reading, writing } = this.#shut;
    return (
      (this.#inbox.length > 0 || reading ? READABLE : 0) |
      (this.#inFlight * 4 <= this.sendBuffer ? WRITABLE : 0) |
      (this.#error === undefined ? 0 : ERROR) |
      (reading ? READ_HANGUP : 0) |
      (reading && writing ? HANGUP : 0)
    );
  }

  /** Bytes sent, or -errno. */
  send(bytes: Uint8Array, files: readonly OpenFile[]): number {
    const error = this.#takeError();
    if (error !== 0) return error;
    const { peer } = this;
    if (peer === undefined || peer.#isOver || this.#shut.writing || peer.#shut.reading) return -errnos.EPIPE;
    if (this.#inFlight >= this.sendBuffer) return -errnos.EAGAIN;
    for (const file of files) file.hold();
    this.#inFlight += bytes.length + OVERHEAD;
    peer.#inbox.push({ bytes, files });
    return bytes.length;
  }

  /** The next message, whose files are held for the receiver; 0 at the end, or -errno. */
  receive(): Message | number {
    const error = this.#takeError();
    if (error !== 0) return error;
    const message = this.#inbox.shift();
    if (message === undefined) return this.#shut.reading || this.#isOver ? 0 : -errnos.EAGAIN;
    if (this.peer !== undefined) this.peer.#inFlight -= message.bytes.length + OVERHEAD;
    return message;
  }

  shutdown(how: number): void {
    const { peer } = this;
    if (how !== 1) this.#shut.reading = true;
    if (how !== 0) this.#shut.writing = true;
    if (peer === undefined) return;
    if (how !== 1) peer.#shut.writing = true;
    if (how !== 0) peer.#shut.reading = true;
  }

  protected override ended(): void {
    this.#isOver = true;
    const { peer } = this;
    if (peer !== undefined && !peer.#isOver) {
      if (this.#inbox.length > 0) peer.#error = 'ECONNRESET';
      peer.#shut.reading = true;
      peer.#shut.writing = true;
    }
    for (const { files } of this.#inbox.splice(0)) for (const file of files) file.letGo();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #takeError(): number {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? 0 : -errnos[error];
  }
}
