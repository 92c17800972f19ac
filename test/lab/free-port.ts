// free-port — one port number that is free for both UDP and TCP.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

export interface Pair {
  readonly udp: UdpSocket;
  readonly tcp: Server;
  readonly port: number;
  close(): Promise<void>;
}

/** Both sockets bound, TCP first because its port is the scarcer one. */
export async function bindBoth(address: string): Promise<Pair> {
  for (let attempt = 1; ; attempt++) {
    const tcp = createServer({ allowHalfOpen: true });
    const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    const close = async () => {
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    };
    tcp.listen(0, address);
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    try {
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
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const second = createServer().listen(port + 1, '127.0.0.1');
    const free = await once(second, 'listening').then(
      () => true,
      () => false,
    );
    for (const server of [first, second]) server.close();
    if (free) return port;
  }
}
