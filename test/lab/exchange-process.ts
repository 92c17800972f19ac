// exchange-process — answers, or asks, over UDP and TCP in the network it was started in; told which by messages.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6 } from 'node:net';

/** Serving says back what is said to it; asking ends when that has come, and the process when it does not come. */
export interface Exchange {
  readonly what: 'serve' | 'ask';
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Milliseconds. */
const patience = 5000;

process.on('message', async ({ what, protocol, address, port }: Exchange) => {
  const family = isIPv6(address) ? 'udp6' : 'udp4';
  if (what === 'serve' && protocol === 'udp') {
    const socket = createSocket(family, (bytes, peer) => socket.send(bytes, peer.port, peer.address));
    socket.bind(port, address);
    await once(socket, 'listening');
  } else if (what === 'serve') {
    const server = createServer((connection) => connection.pipe(connection)).listen(port, address);
    await once(server, 'listening');
  } else if (protocol === 'udp') {
    const socket = createSocket(family);
    socket.send('hello', port, address);
    await once(socket, 'message', { signal: AbortSignal.timeout(patience) });
    socket.close();
  } else {
    const connection = connect(port, address);
    connection.write('hello');
    await once(connection, 'data', { signal: AbortSignal.timeout(patience) });
    connection.end();
    await once(connection, 'close', { signal: AbortSignal.timeout(patience) });
  }
  process.send!('done');
});
