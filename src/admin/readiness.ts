// readiness — asks our own address a question that needs no upstream, and waits for the right answer.
//
// A header alone with the opcode STATUS: every step from the socket to the reply runs, and NOTIMP is the answer (RFC 1035
// section 4.1.1). A client port of its own each time; the kernel may hand the question to the twin, which then proves that
// the address is served, not that this process serves it: that is what /health is for.

import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { messageOf } from '../errors.ts';

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false /** One sentence. */; readonly reason: string };

export function askReadiness(server: Endpoint, timeoutMs = 1000): Promise<Readiness> {
  return new Promise((resolve) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const query = Buffer.alloc(headerLength);
    query.writeUInt16BE(randomInt(0x10000), 0);
    query.writeUInt16BE(opcodeStatus, 2);

    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    function end(reason?: string): void {
      clearTimeout(timer);
      socket.close();
      resolve(
        reason === undefined
          ? { ready: true }
          : { ready: false, reason: `The resolver at ${formatEndpoint(server)} is not ready: ${reason}.` },
      );
    }

    socket.once('error', (error) => end(messageOf(error)));
    socket.on('message', (reply) => {
      if (isAnswer(reply, query)) end();
    });
    socket.connect(server.port, server.address, () => socket.send(query));
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const headerLength = 12;
const opcodeStatus = 2 << 11;
const responseBit = 1 << 15;
const opcodeMask = 0xf << 11;
const rcodeMask = 0xf;
const notImp = 4;

function isAnswer(reply: Buffer, query: Buffer): boolean {
  if (reply.length < headerLength || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const flags = reply.readUInt16BE(2);
  const kind = flags & (responseBit | opcodeMask | rcodeMask);
  return kind === (responseBit | opcodeStatus | notImp);
}
