// udp-clients — the load over UDP: many source ports, each a hash of its own in the kernel's choice between the twins.

import { close, connectUdp, ECONNREFUSED, monotonicMs, Poller, READABLE, read, write } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import { HEADER, type Question } from './catalogue.ts';
import type { FaultTally } from './fault-tally.ts';
import type { Ledger } from './ledger.ts';
import { readUint16, writeUint16 } from './wire.ts';

/**
 * Ids a port has before it uses the first again: at 5,000 queries a second after 52 s. An instance that was frozen for 30 s
 * answers what it had in hand when it goes on, and that answer must not look like a wrong one to another query.
 */
const IDS = 2048;
const received = Buffer.alloc(65536);

interface Client {
  readonly fd: number;
  /** By id: the number of the query in the ledger, and what it asked. */
  readonly queries: Int32Array;
  readonly questions: (Question | undefined)[];
  next: number;
}

export class UdpClients {
  /** How often the kernel said that nothing listens. */
  refused = 0;
  readonly #clients: Client[] = [];
  readonly #poller = new Poller((count) => this.#ready(count));
  readonly #ledger: Ledger;
  readonly #tally: FaultTally;
  #turn = 0;

  constructor(targets: readonly Endpoint[], ports: number, ledger: Ledger, tally: FaultTally) {
    this.#ledger = ledger;
    this.#tally = tally;
    for (let i = 0; i < ports; i++) {
      const fd = connectUdp({ ...targets[i % targets.length]!, receiveBuffer: 4 << 20 });
      this.#poller.add(fd, READABLE, i);
      this.#clients.push({ fd, queries: new Int32Array(IDS).fill(-1), questions: [], next: 0 });
    }
  }

  /** Asks from the next port. */
  ask(question: Question, due: number): void {
    const client = this.#clients[this.#turn++ % this.#clients.length]!;
    const { message } = question;
    const id = client.next++ % IDS;
    writeUint16(message, 0, id);
    client.queries[id] = this.#ledger.sent(monotonicMs(), due);
    client.questions[id] = question;
    // An error is about an earlier query, told instead of sending this one; after it the socket is as it was.
    for (let i = 0; i < 3; i++) {
      const sent = write(client.fd, message, 0, message.length);
      if (sent === -ECONNREFUSED) this.refused++;
      if (sent >= 0) return;
    }
  }

  close(): void {
    for (const { fd } of this.#clients) {
      this.#poller.remove(fd);
      close(fd);
    }
    this.#poller.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #ready(count: number): void {
    const { events } = this.#poller;
    for (let i = 0; i < count; i++) this.#receive(this.#clients[events[2 * i]!]!);
  }

  #receive({ fd, queries, questions }: Client): void {
    for (;;) {
      const length = read(fd, received, 0, received.length);
      if (length === -ECONNREFUSED) {
        this.refused++;
        continue;
      }
      if (length < 0) return; // none left
      const id = length < HEADER ? IDS : readUint16(received, 0);
      const query = id < IDS ? queries[id]! : -1;
      if (query < 0) this.#tally.stray('udp');
      else
        this.#ledger.answered(
          query,
          monotonicMs(),
          this.#tally.isRight(questions[id]!, received, length, 'udp'),
        );
    }
  }
}
