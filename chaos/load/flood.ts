// flood — bytes that are no queries, or hardly, from sockets of their own: such as any port on a network receives.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Endpoint } from '../../src/config.ts';
import { question } from './catalogue.ts';
import type { Chance } from './chance.ts';

/** Datagrams each tick, and milliseconds between ticks; a connection every few of them. */
const DATAGRAMS = 6;
const TICK = 4;
const CONNECTIONS = 0.1;
/** Milliseconds a hostile connection stays. */
const STAY = 400;

/** Returns how it is stopped. */
export function flood(target: Endpoint, chance: Chance): () => void {
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', () => {}); // FORMERR and the like
  socket.on('error', () => {});
  const timer = setInterval(() => {
    for (let i = 0; i < DATAGRAMS; i++) socket.send(garbage(chance), target.port, target.address, () => {});
    if (chance.next() < CONNECTIONS) hostileConnection(target, chance);
  }, TICK);
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

// ---------------------------------------------------------------------------------------------------------------------

/** Noise, a query cut off or changed, a reply, or one with counts that promise too much. */
function garbage(chance: Chance): Buffer {
  const query = Buffer.from(question('hit', 'hit-1.chaos.example', true).message);
  switch (chance.below(5)) {
    case 0:
      return noise(chance, chance.below(1400));
    case 1:
      return query.subarray(0, chance.below(query.length));
    case 2:
      query[chance.below(query.length)] = chance.below(256);
      return query;
    case 3:
      query[2]! |= 0x80;
      return query;
    default:
      query.writeUInt16BE(chance.below(65536), 4 + 2 * chance.below(4));
      return query;
  }
}

function hostileConnection(target: Endpoint, chance: Chance): void {
  const socket = connect({ host: target.address, port: target.port });
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.once('connect', () => {
    const promise = Buffer.of(chance.below(256), chance.below(256)); // a length, and less than that follows
    socket.write(Buffer.concat([promise, noise(chance, chance.below(300))]));
    const end = chance.pick([() => socket.resetAndDestroy(), () => socket.end(), () => socket.destroy()]);
    setTimeout(end, chance.between(0, STAY)).unref();
  });
}

function noise(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.below(256)));
}
