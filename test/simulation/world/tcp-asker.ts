// tcp-asker — a client that asks over TCP: several queries on one connection, some of them in pieces, some before others are answered.

import type { Chance } from '../chance.ts';
import type { Address } from '../kernel/address.ts';
import type { Machine } from '../kernel/machine.ts';
import type { TcpClient, TcpConnection } from '../kernel/tcp.ts';
import type { Ledger, Query } from './ledger.ts';
import { faultOf, idOf } from './message.ts';

/** Bytes it has room for: of one that reads at once, and of one that reads slowly. */
const ROOM = 1 << 16;
const LITTLE = 150;
/** Milliseconds between two of its queries, and between two pieces of one. */
const LONGEST_GAP = 120;
const LONGEST_PIECE = 4;

/** What is wrong, or happens to queries that are not answered yet. */
export interface AskerEvents {
  wrong(what: string): void;
  /** Its connection has ended with these unanswered. */
  ended(asker: TcpAsker, open: readonly Query[]): void;
}

export class TcpAsker implements TcpClient {
  readonly address: Address;
  /** Whether it reads so slowly that answers are kept for it. */
  readonly isSlow: boolean;
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  readonly #events: AskerEvents;
  readonly #asked: Query[] = [];
  #connection: TcpConnection | undefined;
  /** What it has read, and what it has not. */
  #read: Uint8Array = new Uint8Array(0);
  #unread: Uint8Array = new Uint8Array(0);
  #isOver = false;

  constructor(machine: Machine, ledger: Ledger, chance: Chance, address: Address, events: AskerEvents) {
    this.#machine = machine;
    this.#ledger = ledger;
    this.#chance = chance;
    this.#events = events;
    this.address = address;
    this.isSlow = chance.oneIn(4);
  }

  get room(): number {
    return (this.isSlow ? LITTLE : ROOM) - this.#unread.length;
  }

  /** Whether that process was told of its connection. */
  isToldTo(pid: number): boolean {
    return this.#connection?.sentTo === pid;
  }

  /** Queries of it without an answer. */
  get open(): Query[] {
    return this.#asked.filter(({ answeredAt, excuse }) => answeredAt === undefined && excuse === undefined);
  }

  /** @param queries that it asks on this connection, one after the other @param end called when it has all answers */
  begin(connection: TcpConnection, queries: readonly Query[]): void {
    this.#connection = connection;
    this.#ask(queries);
  }

  came(bytes: Uint8Array): void {
    this.#unread = joined(this.#unread, bytes);
    if (!this.isSlow) return this.#take();
    this.#machine.after(this.#chance.spread(0.2, 40), () => this.#take());
  }

  ended(how: 'fin' | 'reset'): void {
    if (this.#isOver) return;
    if (how === 'fin') this.#take();
    this.#isOver = true;
    if (this.#read.length > 0 && !this.isSlow)
      this.#events.wrong(`the connection of ${this.address.port} ends in the middle of an answer`);
    for (const query of this.open) this.#ledger.note(query, `its connection ends (${how})`);
    if (this.open.length > 0) this.#events.ended(this, this.open);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #ask(queries: readonly Query[]): void {
    const [query, ...rest] = queries;
    if (this.#isOver) {
      for (const left of queries) this.#ledger.excuse(left, 'its connection had ended before it was sent');
      return;
    }
    if (query === undefined) return this.#endSoon();
    const chance = this.#chance;
    const frame = joined(Uint8Array.of(query.bytes.length >> 8, query.bytes.length & 0xff), query.bytes);
    const cut = chance.oneIn(3) ? 1 + chance.below(frame.length - 1) : frame.length;
    this.#asked.push(query);
    this.#ledger.note(query, `sent on the connection of ${this.address.port}`);
    this.#connection!.send(frame.subarray(0, cut));
    const next = () => this.#machine.after(chance.spread(0.02, LONGEST_GAP), () => this.#ask(rest));
    if (cut === frame.length) return next();
    this.#machine.after(chance.spread(0.01, LONGEST_PIECE), () => {
      if (!this.#isOver) this.#connection!.send(frame.subarray(cut));
      next();
    });
  }

  /** Once it has all answers. */
  #endSoon(): void {
    if (this.#isOver) return;
    if (this.open.length > 0) return this.#machine.after(5, () => this.#endSoon());
    this.#isOver = true;
    this.#connection!.endByClient();
  }

  #take(): void {
    let bytes = joined(this.#read, this.#unread);
    this.#unread = new Uint8Array(0);
    while (bytes.length >= 2) {
      const end = 2 + ((bytes[0]! << 8) | bytes[1]!);
      if (bytes.length < end) break;
      this.#answered(bytes.subarray(2, end));
      bytes = bytes.subarray(end);
    }
    this.#read = bytes.slice();
  }

  #answered(answer: Uint8Array): void {
    const query = this.#asked.find(({ bytes }) => idOf(bytes) === idOf(answer));
    if (query === undefined)
      return this.#events.wrong(
        `${this.address.port} gets an answer on its connection that it has not asked for`,
      );
    this.#ledger.note(query, 'answered');
    const fault = faultOf(query.bytes, answer);
    if (fault !== undefined)
      return this.#events.wrong(
        `query ${query.number} (${query.name}) is answered on its connection, and ${fault}`,
      );
    query.answeredAt ??= this.#machine.now;
  }
}

// ---------------------------------------------------------------------------------------------------------------------

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
