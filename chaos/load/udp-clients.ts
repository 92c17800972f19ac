// udp-clients — the load over UDP: many source ports, each a hash of its own in the kernel's choice between the twins.

import { close, connectUdp, ECONNREFUSED, monotonicMs, READABLE, read, write } from 'node-reuseport';
import type { Endpoint } from '../../src/config.ts';
import type { EventLoop } from '../../src/loop/event-loop.ts';
import { readUint16, writeUint16 } from '../../src/message/message.ts';
import { HEADER, type Question } from './catalogue.ts';
import type { Judge } from './fault-tally.ts';
import type { Ledger } from './ledger.ts';

/**
 * Ids a port has before it uses the first again: at 5,000 queries a second after 52 s. One that was frozen for 30 s answers
 * what it had in hand when it goes on, which must not look like a wrong answer to another query.
 */
const IDS = 2048;
const received = Buffer.alloc(65536);

interface Client {
  readonly fd: number;
  readonly tag: number;
  /** By id: the number of the query in the ledger, and what it asked. */
  readonly queries: Int32Array;
  readonly questions: (Question | undefined)[];
  next: number;
}

export class UdpClients {
  /** How often the kernel said that nobody listens. */
  refused = 0;
  readonly #clients: Client[] = [];
  readonly #loop: EventLoop;
  readonly #ledger: Ledger;
  readonly #judge: Judge;
  #turn = 0;

  constructor(targets: readonly Endpoint[], ports: number, loop: EventLoop, ledger: Ledger, judge: Judge) {
    this.#loop = loop;
    this.#ledger = ledger;
    this.#judge = judge;
    for (let i = 0; i < ports; i++) {
      const fd = connectUdp({ ...targets[i % targets.length]!, receiveBuffer: 4 << 20 });
      const rest = { queries: new Int32Array(IDS).fill(-1), questions: [], next: 0 };
      const client: Client = {
        fd,
        ...rest,
        tag: loop.watch(fd, READABLE, { ready: () => this.#receive(client) }),
      };
      this.#clients.push(client);
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
    for (const { fd, tag } of this.#clients) {
      this.#loop.unwatch(fd, tag);
      close(fd);
    }
  }

  // -------------------------------------------------------------------------------------------------------------------

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
      if (query < 0) this.#judge.stray('udp');
      else
        this.#ledger.answered(
          query,
          monotonicMs(),
          this.#judge.isRight(questions[id]!, received, length, 'udp'),
        );
    }
  }
}
