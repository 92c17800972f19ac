// free-port — one port number that is free for both UDP and TCP.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

export interface Pair {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly port: number;
  close(): Promise<void>;
}

/** Below those the kernel gives to sockets that ask for none: between being found and being used they are nobody's. */
const [LOWEST, HIGHEST] = [10_000, 32_000];

function anyPort(): number {
  return LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
}

/** Both sockets bound. */
export async function bindBoth(address: string): Promise<Pair> {
  for (let attempt = 1; ; attempt++) {
    const port = anyPort();
    const tcp = createServer({ allowHalfOpen: true });
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const close = async () => {
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    };
    try {
      tcp.listen(port, address);
      await once(tcp, 'listening');
      udp.bind(port, address);
      await once(udp, 'listening');
      return { udp, tcp, port, close };
    } catch (error) {
      await close();
      if (attempt === 10) throw error;
    }
  }
}

/** A port that was free a moment ago. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  const pair = await bindBoth(address);
  await pair.close();
  return pair.port;
}

/** The first of two neighbours that were free for TCP a moment ago: the secondary's admin port follows the primary's. */
export async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = anyPort();
    const servers = [port, port + 1].map((each) => createServer().listen(each, '127.0.0.1'));
    const free = await Promise.all(servers.map((server) => once(server, 'listening'))).then(
      () => true,
      () => false,
    );
    for (const server of servers) server.close();
    if (free) return port;
  }
}
