// client-stream — target: a TCP connection of a client that sends, waits, reads and ends as it likes, while its queries are
// answered at once or later, in any order.

import {
  ADDRESS_BYTES,
  Arena,
  accept,
  close,
  connectTcp,
  describe,
  EAGAIN,
  listenTcp,
  peek,
  READ_HANGUP,
  READABLE,
  read,
  shutdown,
  WRITABLE,
  write,
} from 'node-reuseport';
import { Budget } from '../../../src/budget.ts';
import { failureEntry } from '../../../src/cache/verdict.ts';
import { Counters } from '../../../src/counters.ts';
import { RECORDS_BYTES } from '../../../src/handover/arena-words.ts';
import { ConnectionRecords } from '../../../src/handover/connection-records.ts';
import { Journal } from '../../../src/handover/journal.ts';
import { Ownership } from '../../../src/handover/ownership.ts';
import { ParkedCells } from '../../../src/handover/parked-cells.ts';
import { ClientConnection } from '../../../src/listen/client-connection.ts';
import type { TcpContext } from '../../../src/listen/tcp-context.ts';
import type { EventLoop } from '../../../src/loop/event-loop.ts';
import { acceptHeader } from '../../../src/message/accept.ts';
import { SERVFAIL } from '../../../src/message/message.ts';
import { Query } from '../../../src/message/query.ts';
import { readQuestion } from '../../../src/message/question.ts';
import type { Client } from '../../../src/serve.ts';
import { Tap } from '../../../src/top/tap.ts';
import type { Waiter } from '../../../src/upstream/waiter.ts';
import { buildQuery, frame, words } from '../../lab/wire.ts';
import type { Target } from '../target.ts';
import { must } from './must.ts';

/** What a byte of an input asks for, modulo 8; a smaller one is followed by a length and what the client sends. */
const TURN = 4;
const DELIVER = 5;
const DELIVER_LAST = 6;
const LOOK = 7;

const failed = { rcode: SERVFAIL, ede: -1 };

export const clientStream: Target = {
  name: 'client-stream',
  sentence: 'src/listen cuts what clients send over TCP into queries, and sends the answers',
  most: 1024,
  seeds: () => [
    Buffer.concat([
      sent(frame(buildQuery({ id: 0 }))),
      sent(frame(buildQuery({ id: 0x100 }))),
      Buffer.of(TURN, DELIVER),
    ]),
    Buffer.concat([sent(frame(buildQuery({ id: 0x200 })).subarray(0, 9)), Buffer.of(TURN)]),
    Buffer.concat([
      ...[1, 2, 3].map((id) => sent(frame(buildQuery({ id: id << 8 })))),
      Buffer.of(TURN, DELIVER_LAST, DELIVER, LOOK, TURN),
      sent(Buffer.concat([words(4), Buffer.of(1, 2, 3, 4)])),
    ]),
  ],
  run(input) {
    const both = new Talk();
    try {
      both.follow(input);
      both.finish();
    } finally {
      both.end();
    }
    must(parking.used === 0, 'no cell is left to a connection that is gone');
    must(budget.tcpOwed.held === 0, 'nothing is owed to a client that is gone');
  },
};

// ---------------------------------------------------------------------------------------------------------------------

const arena = new Arena({ ring: 1, parked: 300, payload: 128, records: RECORDS_BYTES });
const parking = new ParkedCells(arena);
const journal = new Journal(arena);
const records = new ConnectionRecords(arena.records);
const budget = new Budget();

/** Counts what is taken out of connections. */
class CountingOwnership extends Ownership {
  taken = 0;

  override discard(record: number, fd: number, length: number): number {
    const taken = super.discard(record, fd, length);
    this.taken += Math.max(0, taken);
    return taken;
  }
}
const ownership = new CountingOwnership(arena.fd, journal, { relinquish() {}, isUntold: () => true });
const loop = {
  watch: () => 1,
  watchPatiently: () => 1,
  unwatch() {},
  modify() {},
  later: (task: () => void) => task(),
};
const listener = listenTcp({ address: '127.0.0.1', port: 0 });
const { port } = describe(listener);
/** At what the kernel may still be on its way with. */
const LOOKS = 5000;

const seen = Buffer.alloc(4096);
const heard = Buffer.alloc(1 << 17);

function sent(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0, bytes.length), bytes]);
}

/** A client, and the connection that serves it. */
class Talk {
  readonly #client = connectTcp({ address: '127.0.0.1', port });
  readonly #connection: ClientConnection;
  readonly #parts: Buffer[] = [];
  readonly #waiting: { readonly waiter: Waiter; readonly question: string }[] = [];
  readonly #before = ownership.taken;
  #sent = 0;
  #received = 0;
  #ended = false;
  #shut = false;
  #panic: unknown;
  /** The kernel has not delivered what was sent: nothing can be said of the answers. */
  #isLate = false;

  constructor() {
    const fd = accept(listener, new Uint8Array(ADDRESS_BYTES));
    must(fd >= 0, 'a client is accepted');
    const context: TcpContext = {
      ...{ arena, parking, journal, budget, records, ownership },
      counters: new Counters(['.']),
      loop: loop as unknown as EventLoop,
      service: {
        answer: this.#serve.bind(this),
        audienceOfConnection: () => undefined,
        zoneAt: () => undefined,
        tell: () => undefined,
      } as unknown as TcpContext['service'],
      shares: undefined as unknown as TcpContext['shares'],
      tap: new Tap(),
      deadlines: undefined as unknown as TcpContext['deadlines'],
      resting: undefined as unknown as TcpContext['resting'],
      now: () => 1000,
      onPanic: (error) => {
        this.#panic = error;
      },
      onNoRoom() {},
      sweepLater() {},
      keepLater() {},
      wrote() {},
      tellLater() {},
      release: (waiter) => waiter.release(),
      forget: (record) => records.release(record),
    };
    const keeper = {
      ended: () => {
        this.#ended = true;
      },
      untold() {},
      ready() {},
    };
    this.#connection = new ClientConnection(fd, 0, 0, records.take(), context, keeper, undefined);
  }

  follow(input: Buffer): void {
    for (let at = 0; at < input.length && !this.#ended; ) {
      const what = input[at++]! % 8;
      if (what < TURN) {
        const length = input[at++] ?? 0;
        this.#send(input.subarray(at, at + length));
        at += length;
      } else if (what === TURN) this.#turn(READABLE);
      else if (what === DELIVER) this.#deliver();
      else if (what === DELIVER_LAST) this.#deliver(this.#waiting.length - 1);
      else this.#hear();
    }
  }

  /** The client has sent all it will, and waits for its answers. */
  finish(): void {
    this.#turn(READABLE);
    shutdown(this.#client, 1);
    this.#shut = true;
    this.#turn(READABLE | READ_HANGUP);
    while (this.#waiting.length > 0) this.#deliver();
    this.#turn(READABLE | READ_HANGUP); // the kernel says so as long as it is so
    this.#hear();
    this.#turn(WRITABLE);
    this.#hear();
    if (this.#panic !== undefined) throw this.#panic;
    this.#check();
  }

  end(): void {
    this.#connection.end();
    while (this.#waiting.length > 0) this.#deliver();
    close(this.#client);
  }

  // -------------------------------------------------------------------------------------------------------------------

  #send(bytes: Buffer): void {
    const taken = write(this.#client, bytes, 0, bytes.length);
    if (taken <= 0) return;
    this.#parts.push(Buffer.from(bytes.subarray(0, taken)));
    this.#sent += taken;
  }

  #turn(flags: number): void {
    if (this.#ended) return;
    this.#arrive();
    this.#connection.ready(flags);
    for (let turns = 0; this.#connection.takeTurn(); turns++) must(turns < 100, 'turns come to an end');
  }

  /** On a busy machine the kernel takes its time with what was sent. */
  #arrive(): void {
    const left = this.#sent - (ownership.taken - this.#before);
    if (left <= 0) return;
    for (let looks = 0; looks < LOOKS; looks++) if (peek(this.#connection.fd, seen, 0, left) === left) return;
    this.#isLate = true;
  }

  /** What to do with a query is in its id. */
  #serve(client: Client, bytes: Uint8Array, start: number, length: number, now: number): void {
    const query = new Query();
    query.reset(bytes, start, length);
    acceptHeader(query);
    readQuestion(query);
    const at = start + 12;
    const question = Buffer.from(bytes.subarray(at, at + query.nameLength + 4)).toString('latin1');
    const what = query.nameLength === 0 ? 0 : bytes[start]! % 4;
    if (what === 0) client.refuse(query, SERVFAIL, 0);
    else if (what === 1) client.answer(query, failureEntry(question, 0, failed, now, 5), now, now, 0);
    else this.#waiting.push({ waiter: client.park(query, now), question });
  }

  #deliver(which = 0): void {
    const [next] = this.#waiting.splice(Math.max(0, which), 1);
    next?.waiter.deliver(failureEntry(next.question, 0, failed, 1000, 5), 1000);
  }

  /** Until the connection ends, if it has been ended. */
  #hear(): void {
    for (let looks = 0; looks < LOOKS; looks++) {
      const length = read(this.#client, heard, this.#received, heard.length - this.#received);
      if (length > 0) this.#received += length;
      else if (length !== -EAGAIN || !this.#ended) return;
    }
    this.#isLate = true;
  }

  /** Each whole query has its answer; where framing was lost, some may have none. */
  #check(): void {
    if (this.#isLate) return;
    const queries = framesOf(Buffer.concat(this.#parts));
    const lost = queries.findIndex((query) => query.length < 12);
    const whole = lost < 0 ? queries : queries.slice(0, lost);
    const replies = framesOf(heard.subarray(0, this.#received));
    const asked = whole.map((query) => query.readUInt16BE(0));
    for (const reply of replies) {
      const at = asked.indexOf(reply.readUInt16BE(0));
      must(at >= 0 && (reply[2]! & 0x80) !== 0, 'each answer is to a query, and no query has two');
      asked.splice(at, 1);
    }
    must(lost >= 0 || asked.length === 0, 'each query is answered');
    must(this.#ended === (lost >= 0 || this.#shut), 'a connection ends with its client, or with its framing');
  }
}

function framesOf(stream: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 2 <= stream.length; ) {
    const end = at + 2 + stream.readUInt16BE(at);
    if (end > stream.length) break;
    found.push(stream.subarray(at + 2, end));
    at = end;
  }
  return found;
}
