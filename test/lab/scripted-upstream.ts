// scripted-upstream — a DNS server on UDP and TCP that does exactly what a test tells it, and writes down what it saw.
//
// A script is a function of one query. What it returns is sent; for anything nastier it has the line in its hands.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { bindBoth } from './free-port.ts';
import { type Line, plain, type Received, type Script } from './scripts.ts';
import { frame, type Name, nameBytes } from './wire.ts';

export class ScriptedUpstream {
  readonly endpoint: Endpoint;
  /** Every query, in order of arrival. */
  readonly log: Received[] = [];
  script: Script;
  /** TCP connections accepted so far. */
  connections = 0;

  readonly #udp: UdpSocket;
  readonly #open = new Set<Socket>();
  readonly #strangers: UdpSocket[] = [];
  readonly #waiting: { readonly ready: () => boolean; readonly resolve: () => void }[] = [];
  readonly #close: () => Promise<void>;
  /** A script that threw: stop() throws it again, so that no test passes over it. */
  #fault: unknown;

  static async start(script: Script = plain, address = '127.0.0.1'): Promise<ScriptedUpstream> {
    const { udp, tcp, port, close } = await bindBoth(address);
    const upstream = new ScriptedUpstream({ address, port }, udp, close, script);
    udp.on('message', (bytes, from) => upstream.#onDatagram(bytes, from.port, from.address));
    udp.on('error', () => {}); // ICMP from a resolver that stopped listening
    tcp.on('connection', (socket) => upstream.#onConnection(socket));
    return upstream;
  }

  private constructor(endpoint: Endpoint, udp: UdpSocket, close: () => Promise<void>, script: Script) {
    this.endpoint = endpoint;
    this.script = script;
    this.#udp = udp;
    this.#close = close;
  }

  /** Resolves when `count` queries have come, with all so far. */
  async received(count: number, timeoutMs = 5000): Promise<readonly Received[]> {
    await this.when(() => this.log.length >= count, `query ${count}`, timeoutMs);
    return this.log;
  }

  /** The queries for a name, in any case; health checks and probes of the test itself are left out that way. */
  asked(name: Name, type?: number): Received[] {
    const wanted = lowerCase(nameBytes(name));
    return this.log.filter(
      (query) => lowerCase(query.name).equals(wanted) && query.type === (type ?? query.type),
    );
  }

  /** Resolves when the condition holds; it is looked at after each query and each opened or closed connection. */
  async when(ready: () => boolean, what: string, timeoutMs = 5000): Promise<void> {
    if (ready()) return;
    await new Promise<void>((resolve, reject) => {
      const late = () =>
        reject(new Error(`upstream waited ${timeoutMs} ms for ${what}; it has ${this.log.length}`));
      const timer = setTimeout(late, timeoutMs);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push({ ready, resolve: done });
    });
  }

  /** TCP connections open now. */
  get openConnections(): number {
    return this.#open.size;
  }

  /** Ends every TCP connection, with FIN or RST. */
  dropConnections(how: 'close' | 'reset'): void {
    for (const socket of this.#open) how === 'reset' ? socket.resetAndDestroy() : socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of [...this.#open]) socket.destroy();
    for (const socket of this.#strangers) socket.close();
    await this.#close();
    if (this.#fault) throw new Error('a script threw', { cause: this.#fault });
  }

  // -------------------------------------------------------------------------------------------------------------------

  #onDatagram(bytes: Buffer, port: number, address: string): void {
    const unavailable = () => {
      throw new Error('not over UDP');
    };
    void this.#play(bytes, 'udp', port, 0, {
      send: (message) => this.#udp.send(message, port, address),
      sendFrom: async (from, message) => {
        const stranger = createSocket('udp4');
        this.#strangers.push(stranger);
        stranger.bind(0, from);
        await once(stranger, 'listening');
        await new Promise((resolve) => stranger.send(message, port, address, resolve));
      },
      sendTo: (other, message) => this.#udp.send(message, other, address),
      raw: unavailable,
      close: unavailable,
      reset: unavailable,
    });
  }

  #onConnection(socket: Socket): void {
    const number = ++this.connections;
    this.#open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#notify();
    });
    const unavailable = () => {
      throw new Error('not over TCP');
    };
    const line: Line = {
      send: (message) => void socket.write(frame(message)),
      sendFrom: unavailable,
      sendTo: unavailable,
      raw: (bytes) => void socket.write(bytes),
      close: () => void socket.end(),
      reset: () => void socket.resetAndDestroy(),
    };
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        void this.#play(pending.subarray(2, end), 'tcp', socket.remotePort ?? 0, number, line);
        pending = pending.subarray(end);
      }
    });
    this.#notify();
  }

  async #play(
    bytes: Buffer,
    transport: 'udp' | 'tcp',
    sourcePort: number,
    connection: number,
    line: Line,
  ): Promise<void> {
    const query = {
      index: this.log.length,
      bytes,
      transport,
      sourcePort,
      connection,
      ...readQuestion(bytes),
    };
    this.log.push(query);
    this.#notify();
    try {
      const replies = await this.script(query, line);
      for (const message of replies instanceof Uint8Array ? [replies] : (replies ?? [])) line.send(message);
    } catch (error) {
      this.#fault ??= error;
    }
  }

  #notify(): void {
    for (const waiter of this.#waiting.filter(({ ready }) => ready())) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

function lowerCase(name: Uint8Array): Buffer {
  return Buffer.from(name.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)));
}

function readQuestion(bytes: Buffer): { id: number; name: Buffer; type: number; class: number } {
  const id = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  let end = 12;
  while (end < bytes.length && bytes[end] !== 0) end += 1 + bytes[end]!;
  if (end + 5 > bytes.length) return { id, name: Buffer.alloc(0), type: 0, class: 0 };
  const name = bytes.subarray(12, end + 1);
  return { id, name, type: bytes.readUInt16BE(end + 1), class: bytes.readUInt16BE(end + 3) };
}
