// ask-cluster-dns — one question to the cluster DNS, over TCP as all that follow: does it answer for the domain of the cluster?

import { connect } from 'node:net';
import { type Config, type Endpoint, formatEndpoint } from '../config.ts';
import { rcodeNames } from '../counters.ts';
import { errnoOf, messageOf } from '../errors.ts';
import { nameFromText } from '../message/name.ts';
import { random16 } from '../upstream/random.ts';

/** Milliseconds for a connection and its answer: a cluster DNS that takes longer fails most clients, too. */
const TIMEOUT = 2000;
/** Servers that a reason names; the others fare no better. */
const NAMED = 3;

/**
 * Asks all servers at once for a name that each cluster has.
 * @returns undefined once one has answered NOERROR, else why none did: part of a sentence
 */
export async function askClusterDns(
  { clusterDns, clusterDomain }: Pick<Config, 'clusterDns' | 'clusterDomain'>,
  timeoutMs = TIMEOUT,
): Promise<string | undefined> {
  const name = `kubernetes.default.svc.${clusterDomain}`;
  const failures: string[] = [];
  return new Promise((resolve) => {
    for (const server of clusterDns)
      void askOnce(server, name, timeoutMs).then((rcode) => {
        if (rcode === NOERROR) return resolve(undefined);
        failures.push(reasonOf(formatEndpoint(server), rcode, name, clusterDomain));
        if (failures.length === clusterDns.length) resolve(summary(failures));
      });
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const NOERROR = 0;
const NXDOMAIN = 3;
const RD = 0x0100;
const HEADER = 12;
const RESPONSE_BIT = 0x8000;

/** Resolves to the RCODE, or to what went wrong. */
function askOnce(server: Endpoint, name: string, timeoutMs: number): Promise<number | string> {
  const query = questionFor(name);
  return new Promise((resolve) => {
    const socket = connect(server.port, server.address);
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs);
    let received: Buffer = Buffer.alloc(0);
    function end(outcome: number | string): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    }
    socket.on('connect', () => socket.write(query));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const reply = received.subarray(2, 2 + received.readUInt16BE(0));
      end(
        isReplyTo(query.subarray(2), reply) ? reply.readUInt16BE(2) & 0xf : 'what came was no answer to it',
      );
    });
    socket.on('error', (error) =>
      end(errnoOf(error) === 'ECONNREFUSED' ? 'nothing listens there' : messageOf(error)),
    );
    socket.on('close', () => end('the connection was closed without an answer'));
  });
}

/** With the length in front. */
function questionFor(text: string): Buffer {
  const name = nameFromText(text);
  const query = Buffer.alloc(2 + HEADER + name.length + 4);
  query.writeUInt16BE(query.length - 2, 0);
  query.writeUInt16BE(random16(), 2);
  query.writeUInt16BE(RD, 4);
  query.writeUInt16BE(1, 6);
  query.set(name, 2 + HEADER);
  query.writeUInt16BE(1, query.length - 4); // A
  query.writeUInt16BE(1, query.length - 2); // IN
  return query;
}

function isReplyTo(query: Buffer, reply: Buffer): boolean {
  if (reply.length < HEADER || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  return (reply.readUInt16BE(2) & RESPONSE_BIT) !== 0;
}

function reasonOf(server: string, outcome: number | string, name: string, domain: string): string {
  if (outcome === NXDOMAIN)
    return `${server} says that ${name} does not exist (NXDOMAIN), so ${domain} is not the domain of this cluster, or that server not its DNS`;
  const what = typeof outcome === 'string' ? outcome : `it answers ${rcodeNames[outcome]}`;
  return `${server}, asked over TCP for ${name}: ${what}`;
}

function summary(failures: readonly string[]): string {
  const more = failures.length - NAMED;
  const rest = more > 0 ? [`and ${more} more, likewise`] : [];
  return [...failures.slice(0, NAMED), ...rest].join('; ');
}
