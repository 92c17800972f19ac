// ask-server — sends one DNS message to a server and waits for its answer, for the command line.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { errnoOf, messageOf, TwindnsError } from '../errors.ts';

/** How often a query is sent over UDP, and for how many milliseconds each is waited; over TCP as long as for all of them. */
export interface Patience {
  readonly tries: number;
  readonly ms: number;
}

/**
 * @param prepare is told the port it is about to be asked from; it is sent when that has resolved, whatever to
 * @throws TwindnsError NO_ANSWER, NO_INSTANCE where nothing listens
 */
export function askUdp(
  query: Buffer,
  server: Endpoint,
  patience = PATIENCE,
  prepare: (port: number) => Promise<unknown> = async () => {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    let tries = 0;
    let timer: NodeJS.Timeout | undefined;
    function end(finish: () => void): void {
      clearTimeout(timer);
      socket.close();
      finish();
    }
    function send(): void {
      if (tries++ === patience.tries) {
        end(() => reject(noAnswer(server, 'udp', patience)));
        return;
      }
      socket.send(query);
      timer = setTimeout(send, patience.ms);
    }
    socket.once('error', (error) => end(() => reject(noAnswer(server, 'udp', patience, error))));
    socket.on('message', (reply) => {
      if (reply.length >= headerLength && reply.readUInt16BE(0) === query.readUInt16BE(0))
        end(() => resolve(reply));
    });
    // Not as the callback of connect, which is called when that fails, too.
    socket.once('connect', () => void prepare(socket.address().port).then(send, send));
    socket.connect(server.port, server.address);
  });
}

/** @throws TwindnsError NO_ANSWER, NO_INSTANCE where nothing listens */
export function askTcp(query: Buffer, server: Endpoint, patience = PATIENCE): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.address);
    let received: Buffer = Buffer.alloc(0);
    socket.setTimeout(patience.tries * patience.ms, () => socket.destroy(noAnswer(server, 'tcp', patience)));
    socket.on('connect', () => socket.write(Buffer.concat([lengthOf(query), query])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const length = received.length < 2 ? 0 : received.readUInt16BE(0);
      if (length < headerLength || received.length < length + 2) return;
      resolve(received.subarray(2, length + 2));
      socket.destroy();
    });
    socket.on('error', (error) =>
      reject(error instanceof TwindnsError ? error : noAnswer(server, 'tcp', patience, error)),
    );
    socket.on('close', () =>
      reject(noAnswer(server, 'tcp', patience, new Error('the connection was closed'))),
    );
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const headerLength = 12;
const PATIENCE: Patience = { tries: 2, ms: 2500 };

function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return length;
}

function noAnswer(server: Endpoint, transport: string, { tries, ms }: Patience, cause?: Error): TwindnsError {
  const refused = errnoOf(cause) === 'ECONNREFUSED';
  const reason = refused ? 'nothing listens there' : cause && messageOf(cause);
  return new TwindnsError(
    refused ? 'NO_INSTANCE' : 'NO_ANSWER',
    `no answer from ${formatEndpoint(server)} over ${transport}: ${reason ?? `waited ${(tries * ms) / 1000} s`}. ` +
      'Name another server with --server ADDR:PORT.',
    { cause },
  );
}
