// udp-questions — questions of one pod over UDP at a rate, each for a name of its own; answers are read and counted.

import { createSocket } from 'node:dgram';
import { podAddress } from '../host/addresses.ts';
import { HEADER, type Kind, question } from '../load/catalogue.ts';
import { writeUint16 } from '../load/wire.ts';
import { atRate, lastFor, planOf } from './attacker.ts';

interface Further {
  /** Its address. */
  readonly pod?: number;
  readonly kind: Kind;
  /** Asked in turn; `#` stands for what makes a name new. */
  readonly names: readonly string[];
  readonly rate: number;
  /** Milliseconds before the end after which nothing is asked: an answer may take that long. */
  readonly tail?: number;
}

const PORTS = 32;
const SERVFAIL = 2;

const { target, ms, run, pod = 1, kind, names, rate, tail = 0 } = planOf<Further>();
let sent = 0;
let answered = 0;
let refused = 0;

const sockets = await Promise.all(
  Array.from({ length: PORTS }, async () => {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    socket.on('error', () => {});
    socket.on('message', (reply) => {
      answered++;
      if (reply.length >= HEADER && (reply[3]! & 15) === SERVFAIL) refused++;
    });
    await new Promise<void>((resolve) => socket.bind(0, podAddress(1, pod), resolve));
    await new Promise<void>((resolve) => socket.connect(target.port, target.address, resolve));
    return socket;
  }),
);

const began = performance.now();
atRate(rate, (due) => {
  if (performance.now() - began > ms - tail) return;
  for (let i = 0; i < due; i++) {
    const name = names[sent % names.length]!.replace('#', `${run}-${sent}`);
    const { message } = question(kind, name, true);
    writeUint16(message, 0, sent & 0xffff);
    sockets[sent++ % PORTS]!.send(message, () => {});
  }
});
lastFor(ms, () => ({
  'questions sent': sent,
  answered: answered - refused,
  refused,
}));
