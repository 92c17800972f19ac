// network — who is outside of the machine: clients that ask over UDP, and a server that knows every name.

import type { Chance } from '../chance.ts';
import { type Address, isSame } from '../kernel/address.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Process } from '../process/process.ts';
import type { Ledger } from './ledger.ts';
import { answerTo, queryOf } from './message.ts';

export const SERVICE: Address = { address: '169.254.20.10', port: 53 };
export const SERVER: Address = { address: '10.0.0.8', port: 53 };
const CLIENT = '10.1.0.7';
/** Each client asks from a port of its own. */
const FIRST_PORT = 40_000;
/** Names that several clients ask. */
const COMMON = 3;

export class Network {
  readonly #machine: Machine;
  readonly #ledger: Ledger;
  readonly #chance: Chance;
  /** Milliseconds that the server takes, at most. */
  readonly #slowest: number;
  /** Told what is wrong. */
  readonly #wrong: (what: string) => void;
  /** Whether a client that finds no socket has lost its query. */
  readonly #isServed: () => boolean;

  constructor(
    machine: Machine,
    ledger: Ledger,
    chance: Chance,
    told: { readonly wrong: (what: string) => void; readonly isServed: () => boolean },
  ) {
    this.#machine = machine;
    this.#ledger = ledger;
    this.#chance = chance;
    this.#slowest = chance.spread(0.2, 60);
    this.#wrong = told.wrong;
    this.#isServed = told.isServed;
  }

  /** A new client asks once. */
  ask(): void {
    const chance = this.#chance;
    const number = this.#ledger.queries.length;
    const name = chance.oneIn(4) ? `common${chance.below(COMMON)}.example` : `new${number}.example`;
    const client = { address: CLIENT, port: FIRST_PORT + number };
    const bytes = queryOf(chance.below(1 << 16), name);
    const query = this.#ledger.add({ name, client, to: SERVICE, bytes });
    const socket = this.#machine.udp.deliver(SERVICE, { from: client, bytes });
    if (socket !== undefined) return this.#ledger.note(query, `sent to socket ${socket.inode}`);
    if (this.#isServed()) this.#wrong(`query ${number} finds no socket, though an instance serves`);
    this.#ledger.excuse(query, 'no instance served');
  }

  /** A datagram has left the machine. */
  left(process: Process, from: Address, to: Address, bytes: Uint8Array): void {
    if (!isSame(to, SERVER)) {
      const fault = this.#ledger.answered(process, from, to, bytes);
      if (fault !== undefined) this.#wrong(fault);
      return;
    }
    const answer = answerTo(bytes);
    this.#machine.after(this.#chance.between(0.05, this.#slowest), () =>
      this.#machine.udp.deliver(from, { from: SERVER, bytes: answer }),
    );
  }
}
