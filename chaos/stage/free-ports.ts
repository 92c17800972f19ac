// free-ports — ports that no program uses: one free for both UDP and TCP, and the first of four neighbours free for TCP.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

const ATTEMPTS = 50;

export async function freePorts(): Promise<[dns: number, admin: number]> {
  return [await find(freeForUdp), await find(freeForTcp)];
}

// ---------------------------------------------------------------------------------------------------------------------

async function find(alsoFree: (port: number) => Promise<boolean>): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const server = await listen(0);
    const { port } = server!.address() as AddressInfo;
    const free = await alsoFree(port);
    server!.close();
    await once(server!, 'close');
    if (free) return port;
  }
  throw new Error(`found no free port in ${ATTEMPTS} attempts.`);
}

async function freeForTcp(port: number): Promise<boolean> {
  const servers = await Promise.all([1, 2, 3].map((further) => listen(port + further)));
  for (const server of servers) server?.close();
  return servers.every((server) => server !== undefined);
}

async function freeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const free = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  socket.close();
  return free;
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
