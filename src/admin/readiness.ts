// readiness — asks each of our own addresses a question that needs no upstream, over UDP and TCP, and waits for the right answer.
//
// A header alone with the opcode STATUS: every step from the socket to the reply runs, and NOTIMP is the answer (RFC 1035
// section 4.1.1). The kernel deals client ports out between the twins, so the question is asked from several ports at once,
// and again from others, until it was this process that answered one: its own counter tells.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from '../config.ts';
import { formatEndpoint } from '../config.ts';
import { messageOf } from '../errors.ts';
import { random16 } from '../upstream/random.ts';

export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false /** One sentence. */; readonly reason: string };

/** Questions at once: with two instances, of 16 times one in which none reaches this process. */
const AT_ONCE = 4;
/** Milliseconds between: a twin that reads beside an instance which was kept from running leaves off soon after that runs. */
const PAUSE = 100;
/** Milliseconds for all of them together: below the `timeoutSeconds` of the readinessProbe. */
const TIMEOUT = 2500;

/**
 * @param answeredHere how many such questions this process has answered so far
 * @param timeoutMs for all of them together
 */
export async function askReadiness(
  servers: readonly Endpoint[],
  answeredHere: () => number,
  timeoutMs = TIMEOUT,
): Promise<Readiness> {
  const giveUp = performance.now() + timeoutMs;
  for (const server of servers)
    for (const transport of ['udp', 'tcp'] as const) {
      const failure = await askHere(server, transport, answeredHere, giveUp, timeoutMs);
      if (failure !== undefined) return notReady(server, transport, failure);
    }
  return { ready: true };
}

// ---------------------------------------------------------------------------------------------------------------------

type Transport = 'udp' | 'tcp';

function notReady(server: Endpoint, transport: Transport, reason: string): Readiness {
  const at = `${formatEndpoint(server)} over ${transport.toUpperCase()}`;
  return { ready: false, reason: `The resolver at ${at} is not ready: ${reason}.` };
}

/** Resolves to what went wrong, or undefined. */
async function askHere(
  server: Endpoint,
  transport: Transport,
  answeredHere: () => number,
  giveUp: number,
  timeoutMs: number,
): Promise<string | undefined> {
  const ask = transport === 'udp' ? askUdp : askTcp;
  for (let left = Math.max(1, giveUp - performance.now()); left > 0; left = giveUp - performance.now()) {
    const before = answeredHere();
    const failures = await Promise.all(Array.from({ length: AT_ONCE }, () => ask(server, left, timeoutMs)));
    const failure = failures.find((one) => one !== undefined);
    if (failure !== undefined) return failure;
    if (answeredHere() > before) return undefined;
    await pause(PAUSE);
  }
  return 'another process answered in its place';
}

/** Resolves to what went wrong, or undefined; `left` of the `timeoutMs` it may take in all. */
function askUdp(server: Endpoint, left: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    const query = probe();
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

function askTcp(server: Endpoint, left: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(server.port, server.address);
    const query = probe();
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), left);
    let received = Buffer.alloc(0);
    function end(failure?: string): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(failure);
    }

    socket.once('error', (error) => end(messageOf(error)));
    socket.once('close', () => end('the connection was closed without an answer'));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 + headerLength)
        end(isAnswer(received.subarray(2), query) ? undefined : 'another answer');
    });
    socket.once('connect', () => socket.write(Buffer.concat([Buffer.of(0, headerLength), query])));
  });
}

function probe(): Buffer {
  const query = Buffer.alloc(headerLength);
  query.writeUInt16BE(random16(), 0);
  query.writeUInt16BE(opcodeStatus, 2);
  return query;
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
