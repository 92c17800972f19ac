// tcp-idle — some pods hold thousands of connections, on each of which they ask now and then, so that none counts as idle.

import { connect, type Socket } from 'node:net';
import { podAddress } from '../host/addresses.ts';
import { question } from '../load/catalogue.ts';
import { framed } from '../load/wire.ts';
import { atRate, lastFor, planOf } from './attacker.ts';

interface Further {
  /** The first of their addresses. */
  readonly pod?: number;
  readonly connections: number;
  readonly pods: number;
  /** Questions a second, of all of them. */
  readonly rate: number;
}

/** Connections opened at a time, and milliseconds between. */
const BATCH = 40;
const AGAIN = 10;

const { target, ms, pod = 1, connections, pods, rate } = planOf<Further>();
const one = framed(question('hit', 'hit-1.chaos.example', false).message);
const open: Socket[] = [];
let opened = 0;
let asked = 0;
let closed = 0;
let next = 0;

setInterval(() => {
  for (let i = 0; i < BATCH && open.length < connections; i++) {
    const localAddress = podAddress(1, pod + (opened++ % pods));
    const socket = connect({ host: target.address, port: target.port, localAddress });
    open.push(socket);
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.once('close', () => {
      closed++;
      open.splice(open.indexOf(socket), 1);
    });
  }
}, AGAIN);

atRate(rate, (due) => {
  for (let i = 0; i < due && open.length > 0; i++) {
    const socket = open[next++ % open.length]!;
    if (socket.connecting) continue;
    asked++;
    socket.write(one);
  }
});
lastFor(ms, () => ({
  'connections opened': opened,
  'questions asked': asked,
  'connections closed': closed,
  'connections at the end': open.length,
}));
