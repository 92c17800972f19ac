// client — asks a server over real sockets, one datagram or one chunk at a time, and keeps everything it hears.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { frame } from './wire.ts';

/** One query, the first datagram that comes back. */
export async function askUdp(
  endpoint: Endpoint,
  query: Uint8Array,
  { timeoutMs = 5000, from }: { timeoutMs?: number; from?: string } = {},
): Promise<Buffer> {
  const client = await UdpClient.open(endpoint, from);
  try {
    client.send(query);
    return await client.next(timeoutMs);
  } finally {
    await client.close();
  }
}

/** One query on a connection of its own. */
export async function askTcp(endpoint: Endpoint, query: Uint8Array, timeoutMs = 5000): Promise<Buffer> {
  const client = await TcpClient.open(endpoint);
  try {
    client.send(query);
    return await client.next(timeoutMs);
  } finally {
    client.close();
  }
}

/** Messages in order of arrival, for readers that may come before or after them. */
class Inbox {
  readonly #messages: Buffer[] = [];
  readonly #readers: {
    readonly resolve: (message: Buffer) => void;
    readonly reject: (reason: Error) => void;
  }[] = [];
  #ended: Error | undefined;

  push(message: Buffer): void {
    const reader = this.#readers.shift();
    if (reader) reader.resolve(message);
    else this.#messages.push(message);
  }

  end(reason: Error): void {
    this.#ended ??= reason;
    for (const { reject } of this.#readers.splice(0)) reject(reason);
  }

  async next(timeoutMs: number): Promise<Buffer> {
    const message = this.#messages.shift();
    if (message) return message;
    if (this.#ended) throw this.#ended;
    return new Promise((resolve, reject) => {
      const reader = {
        resolve: (found: Buffer) => {
          clearTimeout(timer);
          resolve(found);
        },
        reject: (reason: Error) => {
          clearTimeout(timer);
          reject(reason);
        },
      };
      const timer = setTimeout(() => {
        this.#readers.splice(this.#readers.indexOf(reader), 1);
        reject(new Error(`no message within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#readers.push(reader);
    });
  }

  /** What has come and nobody read yet. */
  get unread(): readonly Buffer[] {
    return this.#messages;
  }

  /** Messages before, and the message with, this id. */
  async until(id: number, timeoutMs: number): Promise<{ before: Buffer[]; message: Buffer }> {
    const before: Buffer[] = [];
    for (;;) {
      const message = await this.next(timeoutMs);
      if (message.length >= 2 && message.readUInt16BE(0) === id) return { before, message };
      before.push(message);
    }
  }
}

export class UdpClient {
  readonly #socket: UdpSocket;
  readonly #inbox = new Inbox();

  /** A connected socket: what comes from anyone but the endpoint is never seen. */
  static async open(endpoint: Endpoint, from?: string): Promise<UdpClient> {
    const socket = createSocket(endpoint.address.includes(':') ? 'udp6' : 'udp4');
    if (from !== undefined) {
      socket.bind(0, from);
      await once(socket, 'listening');
    }
    const connected = once(socket, 'connect');
    socket.connect(endpoint.port, endpoint.address);
    await connected;
    return new UdpClient(socket);
  }

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    socket.on('message', (message) => this.#inbox.push(message));
    socket.on('error', (error) => this.#inbox.end(error));
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get unread(): readonly Buffer[] {
    return this.#inbox.unread;
  }

  send(message: Uint8Array): void {
    this.#socket.send(message, () => {}); // ECONNREFUSED arrives as 'error'
  }

  next(timeoutMs = 5000): Promise<Buffer> {
    return this.#inbox.next(timeoutMs);
  }

  until(id: number, timeoutMs = 5000): Promise<{ before: Buffer[]; message: Buffer }> {
    return this.#inbox.until(id, timeoutMs);
  }

  async close(): Promise<void> {
    this.#inbox.end(new Error('client closed'));
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

export class TcpClient {
  readonly #socket: Socket;
  readonly #inbox = new Inbox();
  readonly #closed: Promise<void>;

  static async open(endpoint: Endpoint, from?: string): Promise<TcpClient> {
    const local = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true, ...local });
    await once(socket, 'connect');
    return new TcpClient(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#inbox.end(error));
    socket.on('end', () => this.#inbox.end(new Error('server closed the connection')));
    this.#closed = new Promise((resolve) => {
      socket.once('end', () => resolve());
      socket.once('close', () => resolve());
    });
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        this.#inbox.push(pending.subarray(2, end));
        pending = pending.subarray(end);
      }
    });
  }

  /** Whole messages, each behind its length, all in one write. */
  send(...messages: readonly Uint8Array[]): void {
    this.raw(Buffer.concat(messages.map(frame)));
  }

  raw(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Like raw, and waits until the kernel has the bytes, so that the next chunk is a segment of its own. */
  async chunk(bytes: Uint8Array): Promise<void> {
    await new Promise((resolve) => this.#socket.write(bytes, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }

  next(timeoutMs = 5000): Promise<Buffer> {
    return this.#inbox.next(timeoutMs);
  }

  until(id: number, timeoutMs = 5000): Promise<{ before: Buffer[]; message: Buffer }> {
    return this.#inbox.until(id, timeoutMs);
  }

  /** FIN; the other half stays open. */
  halfClose(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  /** Resolves when the server has ended the connection. */
  async closed(timeoutMs = 5000): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still open after ${timeoutMs} ms`)), timeoutMs);
    });
    await Promise.race([this.#closed, late]).finally(() => clearTimeout(timer));
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }
}
