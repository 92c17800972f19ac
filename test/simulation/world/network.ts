// network — who is outside of the machine: clients that ask over UDP and TCP, and a server that knows every name.

import type { Chance } from '../chance.ts';
import { type Address, isSame } from '../kernel/address.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Process } from '../process/process.ts';
import type { Ledger, Query } from './ledger.ts';
import { answerTo, queryOf } from './message.ts';
import { type AskerEvents, TcpAsker } from './tcp-asker.ts';

export const SERVICE: Address = { address: '169.254.20.10', port: 53 };
export const SERVER: Address = { address: '10.0.0.8', port: 53 };
const CLIENT = '10.1.0.7';
/** Each client asks from a port of its own. */
const FIRST_PORT = 40_000;
/** Names that several clients ask. */
const COMMON = 3;

/** Of its queries, each client asks at most so many on one connection. */
const MOST_ON_ONE = 5;

export interface NetworkEvents extends AskerEvents {
  /** Whether a client that finds no socket has lost its query. */
  isServed(): boolean;
}

export class Network {
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  /** Milliseconds that the server takes, at most. */
  readonly #slowest: number;
  readonly #events: NetworkEvents;

  constructor(machine: Machine, ledger: Ledger, chance: Chance, events: NetworkEvents) {
    this.#machine = machine;
    this.#ledger = ledger;
    this.#chance = chance;
    this.#slowest = chance.spread(0.2, 60);
    this.#events = events;
  }

  /** A new client asks once, over UDP. */
  ask(): void {
    const query = this.#newQuery('udp', this.#newClient());
    const socket = this.#machine.udp.deliver(SERVICE, { from: query.client, bytes: query.bytes });
    if (socket !== undefined) this.#ledger.note(query, `sent to socket ${socket.inode}`);
    else this.#isRefused([query]);
  }

  /** A new client connects, and asks some times. */
  connect(): void {
    const machine = this.#machine;
    const client = this.#newClient();
    const queries = Array.from({ length: 1 + this.#chance.below(MOST_ON_ONE) }, (_, i) =>
      this.#newQuery('tcp', client, i),
    );
    const asker = new TcpAsker(machine, this.#ledger, this.#chance, client, this.#events);
    const connection = machine.tcp.connect(machine.nextInode(), SERVICE, asker);
    if (connection === undefined) return this.#isRefused(queries);
    asker.begin(connection, queries);
  }

  /** A datagram has left the machine. */
  left(process: Process, from: Address, to: Address, bytes: Uint8Array): void {
    if (!isSame(to, SERVER)) {
      const fault = this.#ledger.answered(process, from, to, bytes);
      if (fault !== undefined) this.#events.wrong(fault);
      return;
    }
    const answer = answerTo(bytes);
    this.#machine.after(this.#chance.between(0.05, this.#slowest), () =>
      this.#machine.udp.deliver(from, { from: SERVER, bytes: answer }),
    );
  }

  // -------------------------------------------------------------------------------------------------------------------

  #newClient(): Address {
    return { address: CLIENT, port: FIRST_PORT + this.#ledger.queries.length };
  }

  /** @param id of one client's queries, each has another */
  #newQuery(transport: Query['transport'], client: Address, id = this.#chance.below(1 << 16)): Query {
    const chance = this.#chance;
    const number = this.#ledger.queries.length;
    const name = chance.oneIn(4) ? `common${chance.below(COMMON)}.example` : `new${number}.example`;
    return this.#ledger.add({ name, transport, client, to: SERVICE, bytes: queryOf(id, name) });
  }

  #isRefused(queries: readonly Query[]): void {
    if (this.#events.isServed())
      this.#events.wrong(`query ${queries[0]!.number} finds no socket, though an instance serves`);
    for (const query of queries) this.#ledger.excuse(query, 'no instance served');
  }
}
