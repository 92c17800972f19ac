// ports — numbers nobody listens on, neither over UDP nor over TCP.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const given = new Set<number>();

/** Free a moment ago, and not given to another server of this run. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = await tcpPort();
    if (!given.has(port) && (await udpFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error('No free port on 127.0.0.1.');
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function tcpPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

function udpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
}
