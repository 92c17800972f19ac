// upstream-process — the server behind the subjects: answers the catalogue's names over UDP and TCP, late or not at all on
// request; over TLS, too, if it is given a certificate. A process of its own, so that it answers while the load is busy; it ends with the process that started it.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { addressOf, factsOf, HEADER, kindOf, questionLength, RECORD } from '../load/catalogue.ts';
import { readUint16, writeUint16 } from '../load/wire.ts';
import { pointerBomb } from './pointer-bomb.ts';
import { type UpstreamMood, usual } from './upstream.ts';

let mood = usual;

function later(delay: number, answer: () => void): void {
  if (!mood.silent && Number.isFinite(delay))
    setTimeout(() => mood.silent || answer(), delay + mood.extraDelay);
}

function isLost(): boolean {
  return mood.loss > 0 && Math.random() < mood.loss;
}

function serveConnection(socket: Socket): void {
  let pending = Buffer.alloc(0);
  /** When the answer before is due. */
  let busyUntil = 0;
  socket.setNoDelay(true).on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const { reply, delay } = compose(pending.subarray(2, end), WHOLE);
      const frame = Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 0xff]), reply]);
      // In order the answer to a question begins to be looked for when the one before is given.
      busyUntil = mood.inOrder ? Math.max(busyUntil, performance.now()) + delay : performance.now() + delay;
      if (reply.length > 0) later(busyUntil - performance.now(), () => give(socket, frame));
      pending = pending.subarray(end);
    }
  });
}

function give(socket: Socket, frame: Buffer): void {
  if (socket.destroyed || socket.writableEnded) return;
  if (mood.closes) socket.end(frame);
  else socket.write(frame);
}

/** The reply, cut down to `limit`; empty when there is nothing to say. */
function compose(query: Buffer, limit: number): { reply: Buffer; delay: number } {
  const length = questionLength(query, query.length);
  if (length === 0) return { reply: Buffer.alloc(0), delay: 0 };
  const kind = kindOf(query, HEADER);
  const { records: all, delay, ttl = 3600 } = kind === undefined ? { records: -1, delay: 0 } : factsOf(kind);
  const records = readUint16(query, HEADER + length - 4) === TYPE_A ? all : Math.min(all, 0);
  if (kind === 'bomb' && limit === WHOLE) return { reply: pointerBomb(query, HEADER + length), delay };
  const soa = records <= 0 ? Buffer.from(SOA) : Buffer.alloc(0);
  const edns = readUint16(query, 10) > 0 ? Buffer.from(OPT) : Buffer.alloc(0);
  // Over TCP nothing is compressed, as cluster DNS servers have it, unless it must.
  const long = length - 4 + RECORD - 2;
  const isWhole = limit === WHOLE && records * long < WHOLE / 2;
  const owner = isWhole ? query.subarray(HEADER, HEADER + length - 4) : [0xc0, HEADER];
  const each = isWhole ? long : RECORD;
  const answers = Buffer.alloc(Math.max(0, records) * each);
  for (let n = 0; n < records; n++) {
    answers.set([...owner, 0, TYPE_A, 0, 1, 0, 0, ttl >> 8, ttl & 255, 0, 4], n * each);
    answers.writeUInt32BE(addressOf(query, HEADER, length - 4, n), (n + 1) * each - 4);
  }
  const header = Buffer.from(query.subarray(0, HEADER));
  const cut = HEADER + length + answers.length + soa.length + edns.length > limit || kind === 'bomb';
  writeUint16(header, 2, 0x8480 | ((query[2]! & 1) << 8) | (all === 0 ? 3 : 0) | (cut ? 0x0200 : 0));
  writeUint16(header, 6, cut ? 0 : Math.max(0, records));
  writeUint16(header, 8, cut || soa.length === 0 ? 0 : 1);
  writeUint16(header, 10, edns.length > 0 ? 1 : 0);
  const question = query.subarray(HEADER, HEADER + length);
  return { reply: Buffer.concat([header, question, ...(cut ? [] : [answers, soa]), edns]), delay };
}

const TYPE_A = 1;
/** Bytes of a message over TCP. */
const WHOLE = 65535;
/** `. SOA . . 1 60 60 60 300`, kept for 300 s. */
const SOA = [
  0,
  0,
  6,
  0,
  1,
  0,
  0,
  1,
  44,
  0,
  22,
  0,
  0,
  ...[1, 60, 60, 60, 300].flatMap((n) => [0, 0, n >> 8, n & 255]),
];
const OPT = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

/** @param pem its key and its certificate @returns its port */
async function serveTls(pem: Buffer): Promise<number> {
  const tls = createTlsServer({ key: pem, cert: pem }, serveConnection).listen(0, address);
  tls.on('tlsClientError', () => {}); // the client has gone
  await once(tls, 'listening');
  return (tls.address() as AddressInfo).port;
}

/** What the client takes over UDP: the size in its OPT record, which is the first and only additional record. */
function sizeOf(query: Buffer): number {
  const at = HEADER + questionLength(query, query.length);
  const edns = query.length >= at + 11 && readUint16(query, 10) > 0 && readUint16(query, at + 1) === 41;
  return edns ? Math.max(512, readUint16(query, at + 3)) : 512;
}

const [address, wantedPort, certificate] = process.argv.slice(2);
// Port 0 is chosen for TCP, where free ones are scarcer; UDP takes the same.
const tcp = createServer(serveConnection).listen(Number(wantedPort), address, 1024);
await once(tcp, 'listening');
const { port } = tcp.address() as AddressInfo;
const tlsPort = certificate === undefined ? 0 : await serveTls(readFileSync(certificate));
const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
udp.on('message', (query, from) => {
  if (isLost()) return;
  const { reply, delay } = compose(query, query.length < HEADER ? 0 : sizeOf(query));
  if (reply.length > 0) later(delay, () => isLost() || udp.send(reply, from.port, from.address, () => {}));
});
udp.on('error', () => process.exit(1));
udp.bind(port, address, () => process.send?.({ port, tlsPort }));
process.on('message', (wanted: UpstreamMood) => {
  mood = wanted;
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => {}); // a terminal's Ctrl-C is for the process that started this one
