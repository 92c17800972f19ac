// ask-once — one question beside the load: what a client hears in a moment that matters.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Endpoint, formatEndpoint } from '../../src/config.ts';
import { errnoOf, messageOf, TwindnsError } from '../../src/errors.ts';
import { HEADER, type Question, question } from './catalogue.ts';
import { readUint16 } from './wire.ts';

/**
 * Over UDP. The rcode of the answer; `refused` when the kernel says that nothing listens, or that nothing leads there;
 * `silence` when time is over.
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

/** Over TCP, where an answer is whole. @throws TwindnsError NO_ANSWER */
export function askWhole(target: Endpoint, name: string, timeoutMs: number): Promise<Buffer> {
  const { message } = question('hit', name, false);
  const socket = connect(target.port, target.address);
  return new Promise<Buffer>((resolve, reject) => {
    const fail = (reason: string) =>
      reject(new TwindnsError('NO_ANSWER', `no answer from ${formatEndpoint(target)} over tcp: ${reason}.`));
    let received: Buffer = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => fail(`waited ${timeoutMs / 1000} s`));
    socket.once('connect', () => socket.write(Buffer.concat([Buffer.of(0, message.length), message])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + readUint16(received, 0);
      if (received.length < end) return;
      if (end < 2 + HEADER) fail(`${end - 2} bytes are no answer`);
      else resolve(received.subarray(2, end));
    });
    socket.on('error', (error) =>
      fail(errnoOf(error) === 'ECONNREFUSED' ? 'nothing listens there' : messageOf(error)),
    );
    socket.on('close', () => fail('the connection was closed'));
  }).finally(() => socket.destroy());
}
