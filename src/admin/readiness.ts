// readiness — asks our own address a question that needs no upstream, and waits for the right answer.
//
// A header alone with the opcode STATUS: every step from the socket to the reply runs, and NOTIMP is the answer (RFC 1035
// section 4.1.1). The kernel deals client ports out between the twins, so the question is repeated from other ports until
// it was this process that answered: its own counter tells.

import { createSocket } from 'node:dgram';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { messageOf } from '../errors.ts';
import { random16 } from '../upstream/random.ts';

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false /** One sentence. */; readonly reason: string };

/** With two instances one question in two reaches this one: so many in vain are no accident. */
const ATTEMPTS = 32;

/** @param answeredHere how many such questions this process has answered so far */
export async function askReadiness(
  server: Endpoint,
  answeredHere: () => number,
  timeoutMs = 1000,
): Promise<Readiness> {
  const giveUp = performance.now() + timeoutMs;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = answeredHere();
    const failure = await askOnce(server, Math.max(1, giveUp - performance.now()), timeoutMs);
    if (failure !== undefined) return notReady(server, failure);
    if (answeredHere() > before) return { ready: true };
  }
  return notReady(server, 'another process answered in its place');
}

// ---------------------------------------------------------------------------------------------------------------------

function notReady(server: Endpoint, reason: string): Readiness {
  return { ready: false, reason: `The resolver at ${formatEndpoint(server)} is not ready: ${reason}.` };
}

/** Resolves to what went wrong, or undefined; `left` of the `timeoutMs` it may take in all. */
function askOnce(server: Endpoint, left: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const query = Buffer.alloc(headerLength);
    query.writeUInt16BE(random16(), 0);
    query.writeUInt16BE(opcodeStatus, 2);

    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), left);
    function end(failure?: string): void {
      clearTimeout(timer);
      socket.close();
      resolve(failure);
    }

    socket.once('error', (error) => end(messageOf(error)));
    socket.on('message', (reply) => {
      if (isAnswer(reply, query)) end();
    });
    // Not as its callback: that is called where the kernel knows no way there, too, and `send` would throw.
    socket.once('connect', () => socket.send(query));
    socket.connect(server.port, server.address);
  });
}

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
