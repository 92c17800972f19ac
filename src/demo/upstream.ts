// upstream — a cluster DNS to try twindns against: the demo zone over UDP and TCP on one port.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../config.ts';
import { answer } from './answer.ts';

export interface DemoUpstreamOptions {
  readonly address?: string;
  /** 0 takes a port that is free for both UDP and TCP. */
  readonly port?: number;
  /** Wait this long before each answer, to make the cache's work visible. */
  readonly delayMs?: number;
}

export interface DemoUpstream {
  readonly endpoint: Endpoint;
  stop(): Promise<void>;
}

export async function startDemoUpstream(options: DemoUpstreamOptions = {}): Promise<DemoUpstream> {
  const { address = '127.0.0.1', port = 0, delayMs = 0 } = options;
  const { udp, tcp, port: bound } = await bindBoth(address, port);
  const waiting = new Set<NodeJS.Timeout>();
  const connections = new Set<Socket>();
  const reply: Responder = async (query, transport, send) => {
    const bytes = answer(query, transport);
    if (!bytes) return;
    // Thousands may wait at once, so each has a timer of its own and none listens to a signal.
    if (delayMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          resolve();
        }, delayMs);
        waiting.add(timer);
      });
    }
    try {
      send(bytes);
    } catch {
      // The socket went away while it waited: nobody is left to answer.
    }
  };
  udp.on('message', (query, { port: to, address: client }) => {
    void reply(query, 'udp', (bytes) => udp.send(bytes, to, client, () => {}));
  });
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, reply);
  });
  return {
    endpoint: { address, port: bound },
    async stop() {
      for (const timer of waiting) clearTimeout(timer);
      for (const socket of connections) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------------

type Responder = (query: Buffer, transport: 'udp' | 'tcp', send: (reply: Buffer) => void) => Promise<void>;

/** Queries come pipelined and in any cut; answers leave as they are ready (RFC 7766 §7). */
function serveConnection(socket: Socket, reply: Responder): void {
  let pending = Buffer.alloc(0);
  let unanswered = 0;
  let ended = false;
  const finish = () => {
    if (ended && unanswered === 0) socket.end();
  };
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      unanswered++;
      void reply(pending.subarray(2, end), 'tcp', (bytes) => socket.write(frame(bytes))).then(() => {
        unanswered--;
        finish();
      });
      pending = pending.subarray(end);
    }
  });
  socket.on('end', () => {
    ended = true;
    finish();
  });
}

function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

async function bindBoth(
  address: string,
  port: number,
): Promise<{ udp: UdpSocket; tcp: Server; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const tcp = createServer({ allowHalfOpen: true });
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    try {
      tcp.listen(port, address);
      await once(tcp, 'listening');
      const bound = (tcp.address() as { port: number }).port;
      udp.bind(bound, address);
      await once(udp, 'listening');
      udp.on('error', () => {}); // a client's closed port shows up here; the answer was all it could get
      return { udp, tcp, port: bound };
    } catch (error) {
      tcp.close();
      udp.close();
      // A port free for TCP may be taken for UDP; another pick will do, unless the port was asked for.
      if (port !== 0 || attempt === 10) throw error;
    }
  }
}
