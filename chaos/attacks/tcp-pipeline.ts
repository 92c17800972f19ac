// tcp-pipeline — one pod asks cached names over many connections, a row of questions at a time on each, and reads everything.

import { connect } from 'node:net';
import { podAddress } from '../host/addresses.ts';
import { question } from '../load/catalogue.ts';
import { framed } from '../load/wire.ts';
import { lastFor, planOf } from './attacker.ts';

interface Further {
  /** Its address. */
  readonly pod?: number;
  readonly connections: number;
  /** Questions of a row. */
  readonly row: number;
}

/** Bytes of the header of an answer and of its one record. */
const ANSWER = 16;
/** Milliseconds until a connection that was closed is opened again. */
const AGAIN = 100;

const { target, ms, pod = 1, connections, row } = planOf<Further>();
const asks = question('hit', 'hit-1.chaos.example', false);
const one = framed(asks.message);
const rows = Buffer.concat(Array.from({ length: row }, () => one));
const expected = row * (one.length + ANSWER);
let asked = 0;
let read = 0;
let closed = 0;

function open(): void {
  const socket = connect({ host: target.address, port: target.port, localAddress: podAddress(1, pod) });
  let due = 0;
  const ask = () => {
    due = expected;
    asked += row;
    socket.write(rows);
  };
  socket.setNoDelay(true).on('error', () => {});
  socket.on('connect', ask);
  socket.on('data', (chunk) => {
    read += chunk.length;
    due -= chunk.length;
    if (due <= 0) ask();
  });
  socket.once('close', () => {
    closed++;
    setTimeout(open, AGAIN);
  });
}

for (let i = 0; i < connections; i++) open();
lastFor(ms, () => ({
  'questions asked': asked,
  'bytes of answers read': read,
  'connections closed': closed,
}));
