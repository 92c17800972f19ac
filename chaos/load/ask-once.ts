// ask-once — one question beside the load, over UDP: what a client sees in a moment that matters.

import { createSocket } from 'node:dgram';
import type { Endpoint } from '../../src/config.ts';
import { type Question, question } from './catalogue.ts';

/**
 * The rcode of the answer; `refused` when the kernel says that nobody listens, or that nothing leads there; `silence` when
 * time is over.
 */
export async function askOnce(
  { address, port }: Endpoint,
  name: string,
  timeoutMs: number,
): Promise<number | 'refused' | 'silence'> {
  const { message }: Question = question('gone', name, false);
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve) => {
      timer = setTimeout(() => resolve('silence'), timeoutMs);
      socket.on('message', (reply) => resolve(reply.readUInt8(3) & 15));
      socket.on('error', () => resolve('refused'));
      // Given to connect(), it would be called with what went wrong, too: that nothing leads there, say.
      socket.once('connect', () => socket.send(message, () => {}));
      socket.connect(port, address);
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
