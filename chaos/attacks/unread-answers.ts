// unread-answers — many connections of one client, each with hundreds of questions for answers of 60 KB, of which it reads none.

import { connect, type Socket } from 'node:net';
import { podAddress } from '../host/addresses.ts';
import { question } from '../load/catalogue.ts';
import { framed, writeUint16 } from '../load/wire.ts';
import { lastFor, planOf } from './attacker.ts';

interface Further {
  /** Its address. */
  readonly pod?: number;
  readonly connections: number;
  /** On each connection. */
  readonly questions: number;
  /** How many connections ask for the same name. */
  readonly group: number;
}

/** Milliseconds until a connection that was closed is opened again. */
const AGAIN = 100;

const { target, ms, pod = 1, run, connections, questions, group } = planOf<Further>();
let opened = 0;
let asked = 0;
let closed = 0;
const held = new Set<Socket>(); // a socket that is referred to nowhere would be closed as garbage

function open(): void {
  const name = `vast-${run}-${Math.floor(opened++ / group)}.chaos.example`;
  const one = framed(question('vast', name, true).message);
  const socket = connect({ host: target.address, port: target.port, localAddress: podAddress(1, pod) });
  held.add(socket);
  socket.pause();
  socket.on('error', () => {});
  socket.once('connect', () => {
    asked += questions;
    socket.write(Buffer.concat(Array.from({ length: questions }, (_, id) => withId(one, id))));
  });
  // It is not read, so an end in order is seen only where the server resets.
  socket.once('close', () => {
    closed++;
    held.delete(socket);
    setTimeout(open, AGAIN);
  });
}

/** Copies with one id would get one answer. */
function withId(frame: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(frame);
  writeUint16(copy, 2, id);
  return copy;
}

for (let i = 0; i < connections; i++) open();
lastFor(ms, () => ({ 'connections opened': opened, 'questions asked': asked, 'connections closed': closed }));
