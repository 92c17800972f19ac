// tcp — listeners and their accept queues, and connections as their server's side has them: peeked, discarded, written, ended.
//
// The client's side is no file of the simulated kernel: it is a script, told at once of what comes.

import { type Address, textOf } from './address.ts';
import { errnos, KernelError } from './errno.ts';
import { ERROR, HANGUP, OpenFile, READ_HANGUP, READABLE, WRITABLE } from './open-file.ts';

/** The client's side of a connection. */
export interface TcpClient {
  readonly address: Address;
  /** Bytes it has room for now. */
  readonly room: number;
  came(bytes: Uint8Array): void;
  /** The other side has ended: in order, or with what was on its way thrown away. */
  ended(how: 'fin' | 'reset'): void;
}

export class TcpListener extends OpenFile {
  readonly kind = 'tcp listener';
  readonly local: Address;
  /** Established, and not accepted yet. */
  readonly waiting: TcpConnection[] = [];
  readonly #ports: TcpPorts;

  constructor(inode: number, ports: TcpPorts, local: Address) {
    super(inode);
    this.#ports = ports;
    this.local = local;
  }

  override get flags(): number {
    return this.waiting.length > 0 ? READABLE : 0;
  }

  protected override ended(): void {
    this.#ports.unbind(this);
    for (const connection of this.waiting) connection.letGo();
  }
}

export class TcpPorts {
  readonly #bound = new Map<string, TcpListener[]>();

  bind(listener: TcpListener): void {
    const at = textOf(listener.local);
    this.#bound.set(at, [...(this.#bound.get(at) ?? []), listener]);
  }

  unbind(listener: TcpListener): void {
    const at = textOf(listener.local);
    const left = (this.#bound.get(at) ?? []).filter((one) => one !== listener);
    if (left.length > 0) this.#bound.set(at, left);
    else this.#bound.delete(at);
  }

  groupAt(local: Address): readonly TcpListener[] {
    return this.#bound.get(textOf(local)) ?? [];
  }

  /** A connection of that client, in the queue of one of the listeners; undefined: it is refused. */
  connect(inode: number, to: Address, client: TcpClient): TcpConnection | undefined {
    const group = this.groupAt(to);
    const listener = group[client.address.port % Math.max(1, group.length)];
    if (listener === undefined) return undefined;
    const connection = new TcpConnection(inode, to, client);
    connection.hold();
    listener.waiting.push(connection);
    return connection;
  }
}

export class TcpConnection extends OpenFile {
  readonly kind = 'tcp';
  readonly local: Address;
  readonly client: TcpClient;
  /** Bytes ever taken to be sent. */
  written = 0;
  /** Set by SO_RCVLOWAT. */
  wakesAt = 1;
  #unread: Uint8Array = new Uint8Array(0);
  #clientEnded = false;
  #shutReading = false;
  #shutWriting = false;
  #isReset = false;
  /** Told once, by the next call. */
  #error = 0;

  constructor(inode: number, local: Address, client: TcpClient) {
    super(inode);
    this.local = local;
    this.client = client;
  }

  override get flags(): number {
    const isOver = this.#isReset || (this.#clientEnded && this.#shutWriting);
    const isAtEnd = this.#clientEnded || this.#shutReading;
    return (
      (this.#unread.length >= this.wakesAt || isAtEnd || this.#isReset ? READABLE : 0) |
      (this.client.room > 0 || this.#isReset || this.#shutWriting ? WRITABLE : 0) |
      (isAtEnd || this.#isReset ? READ_HANGUP : 0) |
      (this.#error === 0 ? 0 : ERROR) |
      (isOver ? HANGUP : 0)
    );
  }

  /** Whether both sides have ended it: the kernel tells nothing of it any more. */
  get isOver(): boolean {
    return this.#isReset || (this.#clientEnded && this.#shutWriting);
  }

  get unread(): number {
    return this.#unread.length;
  }

  /** @param take whether they are gone then; how many, 0 at the end, or -errno */
  read(out: Uint8Array, offset: number, length: number, take: boolean): number {
    const error = this.#takeError();
    if (error !== 0) return error;
    if (this.#unread.length === 0)
      return this.#clientEnded || this.#shutReading || this.#isReset ? 0 : -errnos.EAGAIN;
    const some = this.#unread.subarray(0, length);
    out.set(some, offset);
    if (take) this.#unread = this.#unread.subarray(some.length);
    return some.length;
  }

  discard(length: number): number {
    const error = this.#takeError();
    if (error !== 0) return error;
    if (this.#unread.length === 0)
      return this.#clientEnded || this.#shutReading || this.#isReset ? 0 : -errnos.EAGAIN;
    const gone = Math.min(length, this.#unread.length);
    this.#unread = this.#unread.subarray(gone);
    return gone;
  }

  write(bytes: Uint8Array): number {
    const error = this.#takeError();
    if (error !== 0) return error;
    if (this.#shutWriting || this.#isReset) return -errnos.EPIPE;
    const some = bytes.slice(0, Math.max(0, this.client.room));
    if (some.length === 0 && bytes.length > 0) return -errnos.EAGAIN;
    this.written += some.length;
    this.client.came(some);
    return some.length;
  }

  /** @param how 0 reading, 1 writing, 2 both */
  shutdown(how: number): number {
    if (this.isOver) return -errnos.ENOTCONN;
    if (how !== 1) this.#shutReading = true;
    if (how !== 0 && !this.#shutWriting) {
      this.#shutWriting = true;
      this.client.ended('fin');
    }
    return 0;
  }

  /** By a connect to no address: what the client has not got is thrown away. */
  reset(): number {
    if (!this.isOver) this.#end();
    return 0;
  }

  pendingError(): number {
    return this.#takeError();
  }

  // What the client does.

  send(bytes: Uint8Array): void {
    if (this.#shutReading || !this.isOpen) {
      this.reset();
      return;
    }
    const both = new Uint8Array(this.#unread.length + bytes.length);
    both.set(this.#unread);
    both.set(bytes, this.#unread.length);
    this.#unread = both;
  }

  endByClient(): void {
    this.#clientEnded = true;
  }

  resetByClient(): void {
    if (this.isOver) return;
    this.#isReset = true;
    this.#error = -errnos.ECONNRESET;
    this.#unread = new Uint8Array(0);
  }

  protected override ended(): void {
    if (this.isOver || this.#shutWriting) return;
    if (this.#unread.length > 0) return this.#end();
    this.#shutWriting = true;
    this.client.ended('fin');
  }

  // -------------------------------------------------------------------------------------------------------------------

  #end(): void {
    this.#isReset = true;
    this.#unread = new Uint8Array(0);
    this.client.ended('reset');
  }

  #takeError(): number {
    const error = this.#error;
    this.#error = 0;
    return error;
  }
}

/** What a process asks of a connection that is none. */
export function notConnected(syscall: string): KernelError {
  return new KernelError('ENOTCONN', syscall);
}
