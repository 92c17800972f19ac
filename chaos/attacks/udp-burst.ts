// udp-burst — thousands of clients ask the same cold name within a moment, again and again; each has to be answered.

import { createSocket } from 'node:dgram';
import { podAddress } from '../host/addresses.ts';
import { type Kind, question } from '../load/catalogue.ts';
import { readUint16, writeUint16 } from '../load/wire.ts';
import { atRate, lastFor, planOf } from './attacker.ts';

interface Further {
  readonly kind: Kind;
  /** `chaos.example` unless given. */
  readonly domain?: string;
  /** Names of a burst, and clients that ask each. */
  readonly names: number;
  readonly clients: number;
  /** Milliseconds in which they ask, and until the next burst. */
  readonly within: number;
  readonly every: number;
}

const PORTS = 64;
const SERVFAIL = 2;
/** Milliseconds before the end after which no burst begins: a question may take that long. */
const LAST = 5000;

const { target, ms, run, kind, domain = 'chaos.example', names, clients, within, every } = planOf<Further>();
let sent = 0;
let answered = 0;
let refused = 0;
let twice = 0;

const sockets = await Promise.all(
  Array.from({ length: PORTS }, async (_, i) => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    const open = new Set<number>();
    socket.on('error', () => {});
    socket.on('message', (reply) => {
      if (!open.delete(readUint16(reply, 0))) twice++;
      else if ((reply[3]! & 15) === SERVFAIL) refused++;
      else answered++;
    });
    await new Promise<void>((resolve) => socket.bind(0, podAddress(1, 1 + i), resolve));
    await new Promise<void>((resolve) => socket.connect(target.port, target.address, resolve));
    return { socket, open };
  }),
);

const began = performance.now();
const all = names * clients;
atRate((all / within) * 1000, (due) => {
  const now = performance.now() - began;
  const burst = Math.floor(now / every);
  if (burst * every > ms - LAST) return;
  for (let i = 0; i < due && sent < (burst + 1) * all; i++) {
    const { socket, open } = sockets[sent % PORTS]!;
    const id = Math.floor(sent / PORTS) & 0xffff;
    const { message } = question(kind, `${kind}-${run}-burst-${burst}-${sent % names}.${domain}`, true);
    writeUint16(message, 0, id);
    open.add(id);
    sent++;
    socket.send(message, () => {});
  }
});
lastFor(ms, () => ({
  'questions sent': sent,
  answered,
  refused,
  'answered twice': twice,
  'never answered': sent - answered - refused,
}));
