// tls-server — a DNS server over TLS of this process; it ends its connections when a test does so.

import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { FrameReader } from '../../src/upstream/frames.ts';
import type { Pair } from './certificates.ts';
import { a } from './records.ts';
import { buildReply, frame } from './wire.ts';

export interface TlsServer {
  readonly port: number;
  /** Connections that stand, in their order. */
  readonly open: TLSSocket[];
  /** How many questions came. */
  asked: number;
  /** Replies it keeps back, while it does. */
  held: (() => void)[] | undefined;
  /** Of so many connections one ends before it stands; 0: none. */
  breaks: number;
}

/** @param options beside its certificate */
export async function startTlsServer(
  t: TestContext,
  pair: Pair,
  options: TlsOptions = {},
): Promise<TlsServer> {
  const listener = createServer({ ...pair, ...options }, (socket) => {
    server.open.push(socket);
    socket.on('error', () => {});
    socket.on('close', () => server.open.splice(server.open.indexOf(socket), 1));
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) =>
      frames.push(chunk, chunk.length, (bytes, start, length) => {
        server.asked++;
        const reply = frame(buildReply(bytes.subarray(start, start + length), { answer: [a('192.0.2.1')] }));
        const send = () => void socket.write(reply);
        if (server.held === undefined) send();
        else server.held.push(send);
      }),
    );
  });
  listener.on('tlsClientError', () => {});
  let connections = 0;
  listener.on('connection', (socket: Socket) => {
    if (server.breaks > 0 && ++connections % server.breaks === 0) socket.destroy();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const server: TlsServer = { port, open: [], asked: 0, held: undefined, breaks: 0 };
  t.after(() => {
    listener.close();
    for (const socket of [...server.open]) socket.destroy();
  });
  return server;
}
