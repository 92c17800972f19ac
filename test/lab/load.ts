// load — an open-loop stream of UDP queries from many source ports, none of them repeated: what gets no answer is lost.

import type { TestContext } from 'node:test';
import { close, connectUdp, monotonicMs, READABLE, read, write } from 'node-reuseport';
import { type Account, Ledger } from '../../chaos/load/ledger.ts';
import type { Endpoint } from '../../src/config.ts';
import { EventLoop } from '../../src/loop/event-loop.ts';
import { HEADER_LENGTH, QDCOUNT, RD, readUint16, writeUint16 } from '../../src/message/message.ts';
import { nameFromText } from '../../src/message/name.ts';

export interface LoadPlan {
  readonly target: Endpoint;
  /** Queries a second. */
  readonly rate: number;
  /** Source ports; each is a hash of its own in the kernel's choice between the twins. */
  readonly ports: number;
  /** The name of the n-th query; all are asked for A. */
  readonly name: (n: number) => string;
  /** The RCODE of its right answer, by default NOERROR. */
  readonly rcode?: (n: number) => number;
}

/** Milliseconds between bursts: short enough that a burst is a few queries. */
const BURST = 2;
/** A load that did not run for this long was stalled, and delays of that time are its own. */
const STALL = 50;
/** How long answers are waited for when the sending is over; clients give up after 5 s. */
const PATIENCE = 5000;

const TYPE_A = 1;
const CLASS_IN = 1;
const received = Buffer.alloc(65536);

export class Load {
  readonly ledger = new Ledger();
  readonly #plan: LoadPlan;
  readonly #loop: EventLoop;
  readonly #sockets: {
    readonly fd: number;
    readonly tag: number;
    readonly queries: Int32Array;
    next: number;
  }[] = [];
  readonly #started = monotonicMs();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #pulse = monotonicMs();

  /** Sends no more when the test ends, however it does: it would keep the process of a test that failed. */
  static start(t: Pick<TestContext, 'after'>, plan: LoadPlan): Load {
    const load = new Load(plan);
    t.after(() => load.abandon());
    return load;
  }

  private constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#loop = new EventLoop((error) => {
      throw error;
    });
    for (let i = 0; i < plan.ports; i++) this.#open();
    this.#timer = setInterval(() => this.#burst(), BURST);
  }

  /** Milliseconds since the load began. */
  get elapsed(): number {
    return monotonicMs() - this.#started;
  }

  /** Sends no more, waits for what is open, and tells how it went. */
  async finish(): Promise<Account> {
    clearInterval(this.#timer);
    const giveUp = monotonicMs() + PATIENCE;
    while (this.ledger.open > 0 && monotonicMs() < giveUp)
      await new Promise((resolve) => setTimeout(resolve, BURST));
    this.abandon();
    return this.ledger.account();
  }

  /** Sends no more. Harmless when it has finished. */
  abandon(): void {
    clearInterval(this.#timer);
    const sockets = this.#sockets.splice(0);
    if (sockets.length === 0) return;
    for (const { fd, tag } of sockets) {
      this.#loop.unwatch(fd, tag);
      close(fd);
    }
    this.#loop.close();
  }

  // -------------------------------------------------------------------------------------------------------------------

  #open(): void {
    const fd = connectUdp({ ...this.#plan.target, receiveBuffer: 1 << 20 });
    const socket = { fd, tag: 0, queries: new Int32Array(65536).fill(-1), next: 0 };
    const tag = this.#loop.watch(fd, READABLE, { ready: () => this.#receive(fd, socket.queries) });
    this.#sockets.push(Object.assign(socket, { tag }));
  }

  #burst(): void {
    const now = monotonicMs();
    if (now - this.#pulse > STALL) this.ledger.stalled(this.#pulse, now);
    this.#pulse = now;
    const due = Math.floor((this.elapsed * this.#plan.rate) / 1000);
    for (; this.#sent < due; this.#sent++) {
      const socket = this.#sockets[this.#sent % this.#sockets.length]!;
      const id = socket.next++ & 0xffff;
      const message = question(id, this.#plan.name(this.#sent));
      socket.queries[id] = this.ledger.sent(monotonicMs());
      write(socket.fd, message, 0, message.length);
    }
  }

  #receive(fd: number, queries: Int32Array): void {
    for (;;) {
      const length = read(fd, received, 0, received.length);
      if (length < HEADER_LENGTH) return; // none left, or an ICMP error: the query it is about stays open
      const query = queries[readUint16(received, 0)]!;
      const flags = readUint16(received, 2);
      if (query < 0) continue;
      const right = 0x8000 | (this.#plan.rcode?.(query) ?? 0);
      this.ledger.answered(query, monotonicMs(), (flags & 0x800f) === right);
    }
  }
}

function question(id: number, text: string): Buffer {
  const name = nameFromText(text);
  const message = Buffer.alloc(HEADER_LENGTH + name.length + 4);
  writeUint16(message, 0, id);
  writeUint16(message, 2, RD);
  writeUint16(message, QDCOUNT, 1);
  message.set(name, HEADER_LENGTH);
  writeUint16(message, HEADER_LENGTH + name.length, TYPE_A);
  writeUint16(message, HEADER_LENGTH + name.length + 2, CLASS_IN);
  return message;
}
