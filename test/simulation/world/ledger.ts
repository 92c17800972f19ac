// ledger — every query that was sent, where it is, and what came of it: at the end each has its one right answer, or is excused.
//
// Excused is what no twin could save: a query is with a process that dies while no other one holds what is its.

import { ADDRESS_BYTES, type Address, isSame, loadAddress, textOf } from '../kernel/address.ts';
import type { Datagram, UdpSocket } from '../kernel/udp.ts';
import { arenaNumbers as n } from '../process/arena.ts';
import type { Process } from '../process/process.ts';
import { faultOf } from './message.ts';

/** Tag of a query that came by a connection: this, and more. */
const CONNECTION_TAG = 1 << 16;

export interface Query {
  readonly number: number;
  readonly name: string;
  readonly transport: 'udp' | 'tcp';
  readonly client: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
  readonly sentAt: number;
  answeredAt: number | undefined;
  /** Why it may stay without an answer. */
  excuse: string | undefined;
  /** Where it has been, for stories. */
  readonly path: string[];
  /** The process whose it is to answer what a dead one has left of it. */
  duty: Process | undefined;
}

export class Ledger {
  readonly queries: Query[] = [];
  readonly #byPort = new Map<number, Query>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(query: Pick<Query, 'name' | 'transport' | 'client' | 'to' | 'bytes'>): Query {
    const added: Query = {
      ...query,
      number: this.queries.length,
      sentAt: this.#now(),
      answeredAt: undefined,
      excuse: undefined,
      path: [],
      duty: undefined,
    };
    this.queries.push(added);
    this.#byPort.set(query.client.port, added);
    return added;
  }

  find({ port }: Address): Query | undefined {
    return this.#byPort.get(port);
  }

  get open(): Query[] {
    return this.queries.filter(({ answeredAt, excuse }) => answeredAt === undefined && excuse === undefined);
  }

  note(query: Query, what: string): void {
    query.path.push(`${this.#now().toFixed(3)} ${what}`);
  }

  read(process: Process, socket: UdpSocket, datagrams: readonly Datagram[]): void {
    for (const { from } of datagrams) {
      const query = this.find(from);
      if (query !== undefined) this.note(query, `read by ${process.name} from socket ${socket.inode}`);
    }
  }

  /** @returns what is wrong with it */
  answered(process: Process, from: Address, to: Address, bytes: Uint8Array): string | undefined {
    const query = this.find(to);
    if (query === undefined) return `${process.name} answers ${textOf(to)}, which has asked nothing`;
    this.note(query, `answered by ${process.name}`);
    const fault = faultOf(query.bytes, bytes);
    if (fault !== undefined)
      return `${process.name} answers query ${query.number} (${query.name}), and ${fault}`;
    if (!isSame(from, query.to)) return `${process.name} answers query ${query.number} from ${textOf(from)}`;
    query.answeredAt ??= this.#now();
    return undefined;
  }

  excuse(query: Query, why: string): void {
    this.note(query, `excused: ${why}`);
    query.excuse = why;
  }

  /** A process has died. @param heir the one that holds all it had, if there is such */
  died(process: Process, heir: Process | undefined): void {
    const left = new Set(unansweredIn(process));
    for (const query of this.open) {
      if (left.has(query.client.port)) {
        if (heir === undefined) this.excuse(query, `it was with ${process.name}, and no twin held that`);
        else query.duty = heir;
        this.note(query, `left by ${process.name}`);
      } else if (query.duty === process) {
        // Of two that die one after the other: the second may not have come to what the first one had left.
        query.duty = undefined;
        this.excuse(query, `it was left to ${process.name}, which died, too`);
      }
    }
  }
}

/** Ports of the clients whose queries lie in the arenas of a process. */
export function unansweredIn({ memories }: Pick<Process, 'memories'>): number[] {
  return memories.flatMap(({ buffer }) => {
    const words = new Int32Array(buffer);
    const bytes = new Uint8Array(buffer);
    const [ring, cells, stride, first] = [n.HEAD_RING, n.HEAD_CELLS, n.HEAD_STRIDE, n.HEAD_FIRST_CELL].map(
      (word) => words[word]!,
    ) as [number, number, number, number];
    const found: number[] = [];
    for (let cell = 0; cell < cells; cell++) {
      const at = first + cell * stride;
      if (cell >= ring && words[(at >> 2) + n.CELL_TAG]! >= CONNECTION_TAG) continue;
      const isThere =
        cell < ring
          ? words[(words[n.HEAD_LENGTHS]! + cell * words[n.HEAD_LENGTH_STRIDE]!) >> 2] !== 0
          : words[(at >> 2) + n.CELL_STATE] !== 0;
      if (!isThere) continue;
      const from = loadAddress(bytes.subarray(at + n.CELL_ADDRESS, at + n.CELL_ADDRESS + ADDRESS_BYTES), 0);
      if (from !== undefined) found.push(from.port);
    }
    return found;
  });
}
